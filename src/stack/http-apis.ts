/** The HTTP APIs of http.yaml, each by its document. */
import path from 'node:path';
import { ConfigError, type Config } from '../config/env.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import { createAddressGuard } from '../tools/address-guard.js';
import { httpFileSchema } from '../tools/openapi/declaration.js';
import { openApiSchema, operationOf } from '../tools/openapi/document.js';
import { httpTool } from '../tools/openapi/http-tool.js';
import type { Tool } from '../tools/tool.js';
import { readToolFile } from './tool-file.js';

/** @throws ConfigError naming every operation that cannot be used */
export function openHttpApis(config: Config, tracer: Tracer = noTracer): Tool[] {
  const folder = config.toolsFolder.path;
  const file = path.join(folder, 'http.yaml');
  const around = {
    guard: createAddressGuard({ allow: config.httpAllow, deny: config.httpDeny }),
    secrets: (name: string): string | undefined => config.toolSecrets[name],
    tracer,
  };
  const faults: string[] = [];
  const tools = Object.entries(readToolFile(file, httpFileSchema).apis).flatMap(([name, api]) => {
    const document = readToolFile(path.resolve(folder, api.document), openApiSchema);
    return api.operations.flatMap((id) => {
      try {
        return httpTool({ ...api, name }, operationOf(document, id), around);
      } catch (error) {
        faults.push(
          `apis.${name}.operations: ${id}: ${error instanceof Error ? error.message : String(error)}`,
        );
        return [];
      }
    });
  });
  for (const { name } of tools)
    if (name.length > 64) faults.push(`${name} is longer than 64 characters, which models’ providers refuse`);
  if (faults.length > 0) throw new ConfigError(`${file}: ${faults.join('; ')}`);
  return tools;
}
