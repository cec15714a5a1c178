/** Answers where Supabase's gateway does: PostgREST under `/rest/v1`, the public keys of Auth. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestIssuer } from './test-issuer.js';

export interface Gateway {
  url: string;
  /** From now on with the keys of this issuer. */
  serve(issuer: TestIssuer): void;
  close(): Promise<void>;
}

const KEYS = '/auth/v1/.well-known/jwks.json';
const REST = '/rest/v1';

/** @param restPort where PostgREST is, or will be */
export async function startGateway(restPort: number): Promise<Gateway> {
  let issuer: TestIssuer | undefined;
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((req, res) => {
    const url = req.url ?? '/';
    if (issuer === undefined) answer(res, 503, { message: 'starting' });
    else if (url === KEYS) answer(res, 200, issuer.keys);
    else if (!url.startsWith(`${REST}/`)) answer(res, 404, { message: 'no Route matched with those values' });
    else if (![issuer.anonKey, issuer.serviceRoleKey].includes(String(req.headers.apikey)))
      answer(res, 401, { message: 'Invalid API key', hint: 'Double check your API key.' });
    else pass(req, res);
  });

  function pass(req: http.IncomingMessage, res: http.ServerResponse): void {
    const onward = http.request(
      {
        ...{ host: '127.0.0.1', port: restPort, agent, method: req.method },
        path: req.url?.slice(REST.length),
        headers: req.headers,
      },
      (found) => {
        res.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(res);
        found.on('error', () => res.destroy());
      },
    );
    onward.on('error', () => {
      if (res.headersSent) res.destroy();
      else answer(res, 503, { message: 'name resolution failed' });
    });
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (of) => {
      issuer = of;
    },
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function answer(res: http.ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
