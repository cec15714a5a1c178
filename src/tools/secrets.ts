/** Secrets that tools' files refer to by name, `${PERDURE_SECRET_NAME}`; their values are taken when a tool runs. */
import { PerdureError } from '../../contracts/errors.js';
import { formsOf } from './secret-forms.js';

/** By the name after PERDURE_SECRET_; undefined where it is not set. */
export type Secrets = (name: string) => string | undefined;

const pattern = /\$\{PERDURE_SECRET_([A-Z0-9_]+)\}/g;

export const secretName = (name: string): string => `\${PERDURE_SECRET_${name}}`;

/** The names that a text refers to; undefined where it holds another `${`, which would be taken as it stands. */
export function secretsIn(text: string): string[] | undefined {
  if (text.replaceAll(pattern, '').includes('${')) return undefined;
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

/** @throws PerdureError `tool_not_configured` naming a secret that is not set */
export const withSecrets = (text: string, secrets: Secrets): string =>
  text.replaceAll(pattern, (_, name: string) => {
    const value = secrets(name);
    if (value === undefined)
      throw new PerdureError('tool_not_configured', `PERDURE_SECRET_${name} is not set for this worker`);
    return value;
  });

/** Shorter ones stand in any text by chance. */
const SHORTEST = 6;

/** Takes the secrets that the texts refer to out of what comes back: an answer may hold what it was asked with. */
export function redactor(texts: readonly string[], secrets: Secrets): (text: string) => string {
  const values = texts
    .flatMap((text) => secretsIn(text) ?? [])
    .flatMap((name) => secrets(name) ?? [])
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, ...formsOf(value)])
    // A form that holds another one goes first.
    .sort((a, b) => b.length - a.length);
  return (text) => values.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);
}
