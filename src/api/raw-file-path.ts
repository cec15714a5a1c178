/** The workspace path that an address names, taken from the address as it was sent. */
import { PerdureError } from '../../contracts/errors.js';
import { workspacePath } from '../../contracts/workspace-path.js';
import { invalid } from './validate.js';

/**
 * Decodes each segment once and on its own, so that an encoded slash is no separator and nothing encoded
 * twice comes through.
 * @param originalUrl `/v1/runs/{id}/files/{path}`, with or without a query
 * @throws PerdureError `invalid_path` with the field `path`
 */
export function rawFilePath(originalUrl: string, options: { system?: boolean } = {}): string {
  // '', v1, runs, {id}, files, then the path.
  const segments = (originalUrl.split(/[?#]/)[0] ?? '').split('/').slice(5);
  try {
    const decoded = segments.map((segment) => decodeURIComponent(segment));
    if (decoded.some((part) => part.includes('/')))
      throw new PerdureError('invalid_path', 'the path has an encoded slash');
    return workspacePath(decoded.join('/'), options);
  } catch (error) {
    const message =
      error instanceof URIError
        ? 'has a "%" that does not begin an encoded character'
        : error instanceof PerdureError
          ? error.message
          : undefined;
    if (message === undefined) throw error;
    throw invalid('invalid_path', [{ field: 'path', message }]);
  }
}
