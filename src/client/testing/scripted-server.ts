/** An HTTP server whose answers a test writes down beforehand, one for each request in turn. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (req: http.IncomingMessage, res: http.ServerResponse) => void;

export interface ScriptedServer {
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: { method: string; path: string; headers: http.IncomingHttpHeaders; body: string }[];
  /** What comes after the script's end is answered 500, and so fails the test. */
  script(...answers: Answer[]): void;
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: ScriptedServer['requests'] = [];
  let answers: Answer[] = [];
  const server = http.createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { method = '', url = '', headers } = req;
      requests.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      const answer = answers.shift();
      if (answer === undefined) json(500, { detail: 'the script has ended' })(req, res);
      else answer(req, res);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script(...next) {
      answers = next;
      requests.length = 0;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(JSON.stringify(body));
  };

/** Sends that, then ends, breaks or just stays silent. */
export const stream =
  (text: string, then: 'end' | 'break' | 'silence' = 'end'): Answer =>
  (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    res.write(text, () => {
      if (then === 'end') res.end();
      if (then === 'break') res.destroy();
    });
  };
