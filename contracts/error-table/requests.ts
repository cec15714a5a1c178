/** What is wrong with a request, whoever sends it and whatever it asks for. */
import { entry, type ErrorEntry } from './entry.js';

export const requestErrors = {
  malformed_http: entry(
    400,
    false,
    'What was sent is not an HTTP request',
    'Use an HTTP/1.1 client; look at what stands between it and the server.',
  ),
  headers_too_large: entry(
    431,
    false,
    'The address and the headers are too large',
    'Send less than 16 KB of them; large things belong into the body.',
  ),
  request_timeout: entry(
    408,
    true,
    'The request did not arrive in time',
    'Send it again; large files go faster in parts, by a link to the store itself.',
  ),
  malformed_json: entry(
    400,
    false,
    'The body is not valid JSON',
    'Send a JSON object; where the text breaks, the detail names the position.',
  ),
  unsupported_media_type: entry(
    415,
    false,
    'The body has another content type',
    'Send content-type: application/json.',
  ),
  body_too_large: entry(
    413,
    false,
    'The body is too large',
    'Upload large files with PUT /v1/runs/{id}/files/{path}, or send less.',
  ),
  invalid_request: entry(
    422,
    false,
    'The request does not fit the contract',
    'Each entry of errors names a field and what is wrong with it.',
  ),
  invalid_path: entry(
    422,
    false,
    'The path is not allowed',
    'Use a relative path of plain names joined by "/", without ".." and hidden system folders.',
  ),
  idempotency_key_reused: entry(
    422,
    false,
    'This Idempotency-Key was used with another body',
    'Use a new key for a new request.',
  ),
  precondition_failed: entry(
    412,
    false,
    'The file or the plan is not as the request says it must be',
    'Read it again, and send the change with its present ETag.',
  ),
  precondition_required: entry(
    428,
    false,
    'The request must say what it changes',
    'Read the plan, and send its ETag as If-Match, so that nobody’s change is lost.',
  ),
  range_not_satisfiable: entry(
    416,
    false,
    'The range lies outside the file',
    'Ask for a range within the size in Content-Range.',
  ),
  not_found: entry(404, false, 'There is nothing at this address', 'See the list of calls in docs/api.md.'),
  method_not_allowed: entry(
    405,
    false,
    'The address does not answer to this method',
    'The Allow header lists the methods.',
  ),
  host_not_allowed: entry(
    403,
    false,
    'The Host header names another host',
    'Call the server by its loopback address; this guards against DNS rebinding.',
  ),
} as const satisfies Record<string, ErrorEntry>;
