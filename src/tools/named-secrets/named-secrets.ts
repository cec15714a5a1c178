/**
 * Secrets that arguments name: `{{secrets.github}}`. The value takes the name's place in the moment of the call, in the
 * one place that it was declared for; everywhere else the name stays what it is, a text.
 */
import { PerdureError } from '../../../contracts/errors.js';
import type { DeclaredSecret } from './declaration.js';

const pattern = /\{\{\s*secrets\.([a-z][a-z0-9_-]{0,62})\s*\}\}/g;

export interface NamedSecret extends DeclaredSecret {
  name: string;
  value: string;
}

export interface Destination {
  tenantId: string;
  /** Where http_fetch sends it; undefined for an argument of another tool. */
  url?: URL;
  /** As declared: `tool.argument`. */
  place?: string;
}

export interface NamedSecrets {
  /** For whoever writes plans: those that every tenant may name, and where they may go. */
  readonly words: string;
  /** Of all values, in the forms in which they may come back. */
  readonly all: readonly NamedSecret[];
  /**
   * @returns the text with values for names
   * @throws PerdureError `secret_not_allowed`, which does not say whether there is one that is somebody else's
   */
  fill(text: string, to: Destination): string;
}

export const secretsNamedIn = (text: string): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

export function createNamedSecrets(
  secrets: readonly NamedSecret[],
  insecureHosts: readonly string[],
): NamedSecrets {
  const byName = new Map(secrets.map((secret) => [secret.name, secret]));
  const insecure = new Set(insecureHosts);
  const mayGo = (secret: NamedSecret, { tenantId, url, place }: Destination): boolean => {
    if (secret.tenants?.includes(tenantId) === false) return false;
    if (url === undefined) return place !== undefined && secret.tools.includes(place);
    // Nobody reads along, but where the operator has named a host of the house.
    if (url.protocol !== 'https:' && !insecure.has(url.host) && !insecure.has(url.hostname)) return false;
    return secret.hosts.some((host) => host === url.host || (host === url.hostname && url.port === ''));
  };
  const shown = secrets.filter(({ tenants, hosts }) => tenants === undefined && hosts.length > 0);
  return {
    all: secrets,
    words:
      shown.length === 0
        ? ''
        : ` Headers may name a secret, whose value nobody sees: ${shown
            .map(({ name, hosts }) => `{{secrets.${name}}} (for ${hosts.join(', ')})`)
            .join(', ')}.`,
    fill: (text, to) =>
      text.replaceAll(pattern, (_, name: string) => {
        const secret = byName.get(name);
        if (secret !== undefined && mayGo(secret, to)) return secret.value;
        const where = to.url === undefined ? (to.place ?? 'here') : to.url.host;
        throw new PerdureError('secret_not_allowed', `there is no secret "${name}" that may go to ${where}`);
      }),
  };
}

export const noSecrets = createNamedSecrets([], []);

/** Of a process in which no tool runs that could be given one. */
export const withoutValues = (declared: readonly Omit<NamedSecret, 'value'>[]): NamedSecrets => ({
  ...noSecrets,
  words: createNamedSecrets(
    declared.map((secret) => ({ ...secret, value: '' })),
    [],
  ).words,
});
