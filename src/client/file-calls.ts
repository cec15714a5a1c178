/** The workspace of a run. */
import type { FileInfo, FileList } from '../../contracts/api.js';
import type { PresignedRequest } from '../../contracts/presign.js';
import { post, type Calls } from './calls.js';
import type { CallOptions } from './requests.js';

export type FileBody = NonNullable<RequestInit['body']>;

export interface WriteOptions extends CallOptions {
  /** Only over the file that has this tag (without quotes), else PerdureApiError 412. */
  ifMatch?: string | undefined;
  /** Only where there is no such file. */
  ifNew?: boolean | undefined;
}

export type PresignRequest = { expiresSeconds?: number } & (
  | { method: 'GET' }
  /** `bytes` of the file that will be sent. */
  | { method: 'PUT'; bytes: number }
);

export interface FileCalls {
  list(id: string, options?: CallOptions): Promise<FileList>;
  /** @param options.headers such as `range` and `if-none-match`; an answer of 304 is no error */
  get(
    id: string,
    path: string,
    options?: CallOptions & { headers?: Record<string, string> },
  ): Promise<Response>;
  put(id: string, path: string, body: FileBody, options?: WriteOptions): Promise<FileInfo>;
  delete(id: string, path: string, options?: CallOptions): Promise<void>;
  presign(
    id: string,
    path: string,
    request: PresignRequest,
    options?: CallOptions,
  ): Promise<PresignedRequest>;
}

export function createFileCalls({ requests, json, remove }: Calls): FileCalls {
  return {
    list: (id, call = {}) => json('listFiles', { ...call, parameters: { id } }),
    get: (id, path, call = {}) =>
      requests('getFile', { ...call, parameters: { id, path }, alsoOk: [304] }, (response) => response),
    put: (id, path, body, { ifMatch, ifNew, ...call } = {}) =>
      json('putFile', {
        ...call,
        parameters: { id, path },
        headers: {
          'content-type': 'application/octet-stream',
          'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"`,
          'if-none-match': ifNew === true ? '*' : undefined,
        },
        body,
        timeoutMs: null,
        // A stream can be read once; and after a lost answer a condition would meet one's own file.
        repeatable: !(body instanceof ReadableStream) && ifMatch === undefined && ifNew !== true,
      }),
    delete: (id, path, call = {}) => remove('deleteFile', { ...call, parameters: { id, path } }),
    presign: (id, path, request, call = {}) =>
      json('presignFile', { ...call, parameters: { id, path }, ...post(request), repeatable: true }),
  };
}
