/** The workspace of a run. */
import { examples } from './examples.js';
import type { Json } from './json.js';
import { header, ifNoneMatch, json, notChanged, ref, type Operations } from './operation.js';

const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
const tag = { type: 'string' };

/** What can be done next with the file in the answer. */
const ofFile = (operationId: string, description: string): Json => ({
  operationId,
  description,
  parameters: { id: '$request.path.id', path: '$response.body#/path' },
});

export const filesOperations: Operations<'listFiles' | 'getFile' | 'putFile' | 'deleteFile' | 'presignFile'> =
  {
    listFiles: {
      tag: 'Files',
      summary: 'List files',
      description: 'Without perdure’s own folder, `.perdure/`.',
      parameters: [ifNoneMatch],
      answers: {
        200: {
          description: 'The files.',
          content: json(ref('FileList'), examples.fileList),
          headers: ['ETag'],
        },
        304: notChanged,
      },
      errors: ['workspace_unavailable', 'workspace_refused'],
    },
    getFile: {
      tag: 'Files',
      summary: 'Read a file',
      description: 'HTML and SVG are served so that no script in them runs.',
      parameters: [
        header(
          'Range',
          'One range: `bytes=0-99`, `bytes=100-` or `bytes=-100`. Anything else counts for nothing.',
          {
            type: 'string',
          },
        ),
        header('If-Range', 'The range only of this ETag, else the whole.', tag),
        ifNoneMatch,
      ],
      answers: {
        200: {
          description: 'The whole file, of the content type that its name tells.',
          content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
          headers: ['ETag', 'Last-Modified', 'Accept-Ranges', 'Content-Disposition'],
        },
        206: {
          description: 'The part that was asked for.',
          content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
          headers: ['ETag', 'Last-Modified', 'Accept-Ranges', 'Content-Disposition', 'Content-Range'],
        },
        304: notChanged,
      },
      errors: [
        'invalid_path',
        'file_not_found',
        'range_not_satisfiable',
        'workspace_unavailable',
        'workspace_refused',
      ],
    },
    putFile: {
      tag: 'Files',
      summary: 'Write a file',
      description: 'Stores the body as it is, whole or not at all. Not once the run has ended.',
      parameters: [
        header('If-Match', 'Only over the file that has this ETag, or `*` for any.', tag),
        header('If-None-Match', '`*`: only where there is no such file.', tag),
      ],
      body: { content: bytes, required: false },
      answers: {
        201: {
          description: 'A new file.',
          content: json(ref('FileInfo'), examples.file),
          headers: ['ETag'],
          links: {
            read: ofFile('getFile', 'Its content.'),
            delete: ofFile('deleteFile', 'Takes it away.'),
          },
        },
        200: {
          description: 'It replaces the one that was there.',
          content: json(ref('FileInfo'), examples.file),
          headers: ['ETag'],
        },
      },
      errors: [
        'invalid_path',
        'invalid_request',
        'body_too_large',
        'unsupported_media_type',
        'run_closed',
        'precondition_failed',
        'storage_limit_reached',
        'workspace_unavailable',
        'workspace_refused',
      ],
    },
    deleteFile: {
      tag: 'Files',
      summary: 'Delete a file',
      description: 'Not once the run has ended.',
      answers: { 204: { description: 'It is gone.' } },
      errors: ['invalid_path', 'file_not_found', 'run_closed', 'workspace_unavailable', 'workspace_refused'],
    },
    presignFile: {
      tag: 'Files',
      summary: 'A link to a file in the store itself',
      description:
        'A request that anybody who has it may send until it expires. Only where the files are in S3; a link cannot be taken back.',
      body: {
        schema: ref('Presign'),
        required: true,
        examples: { read: { value: { method: 'GET' } }, write: { value: { method: 'PUT', bytes: 18 } } },
      },
      answers: {
        200: {
          description: 'The request to send.',
          content: json(ref('PresignedRequest'), examples.presignedRequest),
        },
      },
      errors: [
        'storage_limit_reached',
        'invalid_path',
        'file_not_found',
        'run_closed',
        'storage_limit_reached',
        'presign_unsupported',
        'workspace_unavailable',
        'workspace_refused',
      ],
    },
  };
