/** A server of OpenAI's protocol on loopback that answers as told, and misbehaves as told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { JsonValue } from '../../../../contracts/plan.js';

export type StubAnswer =
  | { text: string; finish?: 'stop' | 'length' | 'content_filter'; usage?: 'untold' }
  /** As it is dictated, piece by piece; where that throws, the connection is cut. */
  | { pieces: AsyncIterable<string> }
  | { json: JsonValue }
  | { calls: { tool: string; args: JsonValue | string }[] }
  /** An HTTP error. */
  | { status: number; headers?: Record<string, string>; error?: object }
  /** One large piece, or many that never end. */
  | { flood: 'at once' | 'in pieces'; characters: number }
  /** The text, and then: a connection that is cut, a silence, a line that is no JSON, an error as a line. */
  | { text: string; then: 'cut' | 'silence' | 'no JSON' | { error: object } };

/** What was asked, as far as tests look at it. */
export interface StubRequest {
  model: string;
  messages: { role: string; content?: unknown; tool_calls?: unknown }[];
  tools?: { function: { name: string } }[];
  response_format?: { type: string; json_schema?: { strict: boolean } };
  stream_options?: object;
  authorization: string | undefined;
}

export interface StubServer {
  url: string;
  requests: StubRequest[];
  /** Connections whose reader has gone away before the answer was over. */
  abandoned(): number;
  close(): Promise<void>;
}

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

/** @param answer told of each request and of how many came before; one that throws answers 500 with its message */
export async function startStubServer(
  answer: (request: StubRequest, before: number) => StubAnswer | Promise<StubAnswer>,
): Promise<StubServer> {
  const requests: StubRequest[] = [];
  let abandoned = 0;
  const server = createServer((req, res) => {
    res.on('close', () => {
      if (!res.writableFinished) abandoned += 1;
    });
    void serve(req, res);
  });
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    // A worker's start asks what models there are, and whoever answers can be reached.
    if (req.method === 'GET') {
      res.writeHead(404).end();
      return;
    }
    const request = JSON.parse(await textOf(req)) as StubRequest;
    request.authorization = req.headers.authorization;
    requests.push(request);
    let told: StubAnswer;
    try {
      told = await answer(request, requests.length - 1);
    } catch (error) {
      told = { status: 500, error: { message: String(error) } };
    }
    await speak(res, told);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    abandoned: () => abandoned,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function speak(res: ServerResponse, answer: StubAnswer): Promise<void> {
  if ('status' in answer) {
    res.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    res.end(JSON.stringify({ error: answer.error ?? { message: `stub ${answer.status}` } }));
    return;
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (data: unknown): boolean =>
    res.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  const chunk = (delta: object, finish: string | null = null): boolean =>
    send({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });
  const finish = (reason: string): void => {
    chunk({}, reason);
    if (!('usage' in answer)) send({ id: 'c', created: 1, model: 'm', choices: [], usage: USAGE });
    send('[DONE]');
    res.end();
  };
  if ('calls' in answer) {
    answer.calls.forEach(({ tool, args }, index) =>
      chunk({
        tool_calls: [
          {
            index,
            id: `call_${index}`,
            type: 'function',
            function: { name: tool, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
          },
        ],
      }),
    );
    finish('tool_calls');
    return;
  }
  if ('flood' in answer) {
    const gone = once(res, 'close');
    const piece = answer.flood === 'at once' ? answer.characters : 10_000;
    for (let sent = 0; sent < answer.characters && !res.closed; sent += piece)
      if (!chunk({ content: 'x'.repeat(piece) })) await Promise.race([once(res, 'drain'), gone]);
    finish('stop');
    return;
  }
  if ('pieces' in answer) {
    try {
      for await (const content of answer.pieces) chunk({ content });
      finish('stop');
    } catch {
      res.destroy();
    }
    return;
  }
  const text = 'json' in answer ? JSON.stringify(answer.json) : answer.text;
  for (let i = 0; i < text.length; i += 50) chunk({ content: text.slice(i, i + 50) });
  if (!('then' in answer)) finish('finish' in answer ? (answer.finish ?? 'stop') : 'stop');
  else if (answer.then === 'cut') setTimeout(() => res.destroy(), 20);
  else if (answer.then === 'no JSON') {
    send('{"choices": [');
    res.end();
  } else if (answer.then !== 'silence') {
    send(answer.then);
    res.end();
  }
}
