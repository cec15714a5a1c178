/** A server of Anthropic's protocol on loopback, as far as one answer goes. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { JsonValue } from '../../../../contracts/plan.js';

export type AnthropicAnswer =
  | { text: string }
  | { call: { tool: string; args: JsonValue } }
  /** An HTTP error. */
  | { status: number; headers?: Record<string, string>; type: string };

export interface AnthropicStub {
  url: string;
  requests: {
    key: string | undefined;
    body: { model: string; system?: unknown; tools?: { name: string }[] };
  }[];
  close(): Promise<void>;
}

/** Each answer takes 100 tokens to read and 20 to write. */
export async function startAnthropicStub(answer: () => AnthropicAnswer): Promise<AnthropicStub> {
  const requests: AnthropicStub['requests'] = [];
  const server = createServer((req, res) => {
    void textOf(req).then((body) => {
      const key = req.headers['x-api-key'];
      requests.push({ key: typeof key === 'string' ? key : undefined, body: JSON.parse(body) as never });
      speak(res, answer());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function speak(res: ServerResponse, answer: AnthropicAnswer): void {
  if ('status' in answer) {
    const { status, headers, type } = answer;
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(JSON.stringify({ type: 'error', error: { type, message: `stub ${status}` } }));
    return;
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (event: { type: string } & Record<string, unknown>): void => {
    res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const isCall = 'call' in answer;
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null };
  send({ type: 'message_start', message: { ...message, usage: { input_tokens: 100, output_tokens: 1 } } });
  send({
    type: 'content_block_start',
    index: 0,
    content_block: isCall
      ? { type: 'tool_use', id: 'toolu_1', name: answer.call.tool, input: {} }
      : { type: 'text', text: '' },
  });
  send({
    type: 'content_block_delta',
    index: 0,
    delta: isCall
      ? { type: 'input_json_delta', partial_json: JSON.stringify(answer.call.args) }
      : { type: 'text_delta', text: answer.text },
  });
  send({ type: 'content_block_stop', index: 0 });
  const delta = { stop_reason: isCall ? 'tool_use' : 'end_turn', stop_sequence: null };
  send({ type: 'message_delta', delta, usage: { output_tokens: 20 } });
  send({ type: 'message_stop' });
  res.end();
}
