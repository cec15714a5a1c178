/** The secrets that plans may name: what secrets.yaml declares, with their values from the settings. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Config } from '../config/env.js';
import { secretsFileSchema } from '../tools/named-secrets/declaration.js';
import {
  createNamedSecrets,
  noSecrets,
  withoutValues,
  type NamedSecrets,
} from '../tools/named-secrets/named-secrets.js';
import { readToolFile } from './tool-file.js';

/** One that is shorter would be taken out of texts in which it stands by chance. */
const SHORTEST = 8;

/** @throws ConfigError naming what is wrong with the file, or a secret without a value */
export function openNamedSecrets({ toolsFolder, toolSecrets, toolWorkers, httpAllow }: Config): NamedSecrets {
  const file = path.join(toolsFolder.path, 'secrets.yaml');
  if (!existsSync(file)) return noSecrets;
  const { secrets } = readToolFile(file, secretsFileSchema);
  // The values are where tools run; who writes plans is told the names all the same.
  if (toolWorkers.taskQueue !== null && !toolWorkers.isOne)
    return withoutValues(Object.entries(secrets).map(([name, declared]) => ({ name, ...declared })));
  return createNamedSecrets(
    Object.entries(secrets).map(([name, declared]) => {
      const variable = name.toUpperCase().replaceAll('-', '_');
      const value = toolSecrets[variable];
      if (value === undefined)
        throw new ConfigError(`PERDURE_SECRET_${variable} must be set: ${file} declares the secret ${name}`);
      if (value.length < SHORTEST)
        throw new ConfigError(`PERDURE_SECRET_${variable} must have at least ${SHORTEST} characters`);
      return { name, value, ...declared };
    }),
    httpAllow,
  );
}
