/** Workspace paths: one canonical spelling, and no way out. Source of the rules: OWASP path traversal. */
import { PerdureError } from './errors.js';

/** Where perdure keeps large outputs; people read it, only perdure writes it. */
export const SYSTEM_FOLDER = '.perdure';

/**
 * The canonical form of a relative workspace path, NFC-normalised.
 * @throws PerdureError `invalid_path`
 */
export function workspacePath(path: string, options: { system?: boolean } = {}): string {
  const refuse = (why: string): never => {
    throw new PerdureError('invalid_path', `the path ${JSON.stringify(path.slice(0, 200))} ${why}`);
  };
  if (/\p{Surrogate}/u.test(path)) refuse('has half of a character');
  const canonical = path.normalize('NFC');
  if (canonical === '') refuse('is empty');
  if (Buffer.byteLength(canonical) > 1024) refuse('is longer than 1024 bytes');
  // eslint-disable-next-line no-control-regex -- control characters are just what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(canonical)) refuse('has a control character or a backslash');
  if (/%(?:2e|2f|5c|00|25)/i.test(canonical))
    refuse('has an encoded dot, slash, backslash, NUL or percent sign');
  if (canonical.startsWith('/') || /^[A-Za-z]:/.test(canonical)) refuse('is absolute');
  for (const part of canonical.split('/')) {
    if (part === '') refuse('has an empty part');
    if (part === '.' || part === '..') refuse('has a "." or ".." part');
    if (Buffer.byteLength(part) > 255) refuse('has a part longer than 255 bytes');
  }
  if (options.system !== true && canonical.split('/')[0]?.toLowerCase() === SYSTEM_FOLDER)
    refuse(`lies in ${SYSTEM_FOLDER}, which perdure keeps for itself`);
  return canonical;
}

/**
 * The name of a tenant or a run as one folder of a workspace. Nothing but letters, digits, "-" and "_" stays as
 * it is; so no name can mean another folder, and none begins with a dot.
 * @throws PerdureError `invalid_path` for a name that has no encoding of its own
 */
export function folderName(name: string): string {
  if (/\p{Surrogate}/u.test(name)) throw new PerdureError('invalid_path', 'a name has half of a character');
  return name.replaceAll(/[^A-Za-z0-9_-]/gu, (c) => `%${Buffer.from(c).toString('hex')}`) || '%';
}
