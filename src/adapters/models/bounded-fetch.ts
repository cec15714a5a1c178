/** What a provider is asked by: no redirects, which would carry the key elsewhere, and no endless answers. */
import { PerdureError } from '../../../contracts/errors.js';
import { tracedRequest } from '../../ports/traced-request.js';
import type { Tracer } from '../../ports/tracer.js';

/** Bytes of one answer as they come over the line; with all that wraps each token. */
const MAX_BYTES = 64_000_000;

/** @param way to the provider's address, guarded */
export const createBoundedFetch =
  (way: typeof fetch, tracer: Tracer): typeof fetch =>
  async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const answer = await tracedRequest(
      tracer,
      { method: init?.method ?? 'GET', url },
      (told) => {
        const headers = new Headers(init?.headers);
        for (const [name, value] of Object.entries(told)) headers.set(name, value);
        return way(input, { ...init, headers, redirect: 'error' });
      },
      ({ status }) => status,
    );
    if (answer.body === null) return answer;
    let bytes = 0;
    const bounded = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > MAX_BYTES)
          controller.error(
            new PerdureError('model_limit_exceeded', `the provider sent more than ${MAX_BYTES} bytes`),
          );
        else controller.enqueue(chunk);
      },
    });
    return new Response(answer.body.pipeThrough(bounded), {
      status: answer.status,
      statusText: answer.statusText,
      headers: answer.headers,
    });
  };
