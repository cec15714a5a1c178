/** A request to another service as a span, which tells that service of the trace where it may be told. */
import type { Tracer } from './tracer.js';

/**
 * Of the address only the host is told: the rest may hold secrets.
 * @param send adds the headers that it is given
 */
export const tracedRequest = <Answer>(
  tracer: Tracer,
  { method, url }: { method: string; url: URL },
  send: (headers: Record<string, string>) => Promise<Answer>,
  statusOf: (answer: Answer) => number,
): Promise<Answer> =>
  tracer.within(
    {
      name: method,
      kind: 'client',
      attributes: {
        'http.request.method': method,
        'server.address': url.hostname.replaceAll(/^\[|\]$/g, ''),
        'server.port': Number(url.port === '' ? { 'http:': 80, 'https:': 443 }[url.protocol] : url.port),
      },
    },
    async (span) => {
      const answer = await send(tracer.headersFor(url));
      span.set({ 'http.response.status_code': statusOf(answer) });
      return answer;
    },
  );
