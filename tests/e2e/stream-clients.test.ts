/** Streams of a real stack, read by the clients that others have written. */
import { HttpAgent, type RunAgentInput } from '@ag-ui/client';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { EventSource } from 'eventsource';
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { Plan } from '../../contracts/plan.js';
import { terminalEventTypes } from '../../contracts/terminal.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

let perdure: PerdureProcess;
let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  temporary = await temporaryDirectory();
  perdure = await PerdureProcess.start(temporary.directory);
}, 600_000);
afterAll(async () => {
  await perdure.stop();
  await temporary.remove();
});

const plan: Plan = {
  steps: [
    { id: 'hello', tool: 'echo', args: { text: 'Hello' } },
    { id: 'pause', tool: 'wait', args: { seconds: 1 }, dependsOn: ['hello'] },
    { id: 'save', tool: 'file_write', args: { path: 'out.txt', content: '{{steps.hello.output.text}}' } },
    {
      id: 'again',
      tool: 'echo',
      args: { text: '{{steps.hello.output.text}} again' },
      dependsOn: ['pause', 'save'],
    },
  ],
};
const logOf = async (id: string): Promise<RunEvent[]> => {
  const events: RunEvent[] = [];
  for await (const event of perdure.client.events(id)) if ('seq' in event) events.push(event);
  return events;
};

test('eventsource from npm follows a run to its end', async () => {
  const before = await perdure.client.submit({ goal: 'which types there are', plan });
  const types = new Set((await logOf(before.id)).map(({ type }) => type));
  const { id } = await perdure.client.submit({ goal: 'eventsource', plan });
  const { url } = await perdure.client.streamTicket(id);
  const source = new EventSource(new URL(url, perdure.url));
  const got: RunEvent[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const type of types)
      source.addEventListener(type, ({ data, lastEventId }) => {
        const event = JSON.parse(data as string) as RunEvent;
        expect(lastEventId).toBe(String(event.seq));
        got.push(event);
      });
    for (const type of terminalEventTypes)
      source.addEventListener(type, () => {
        resolve();
      });
    source.addEventListener('error', ({ code, message }) => {
      if (source.readyState === source.CLOSED) reject(new Error(`${code ?? ''} ${message ?? ''}`));
    });
  });
  source.close();
  expect(got).toEqual(await logOf(id));
});

test('eventsource-parser reads it, heartbeats and retry apart from the events', async () => {
  const { id } = await perdure.client.submit({ goal: 'parser', plan });
  const answer = await fetch(`${perdure.url}/v1/runs/${id}/events`);
  const [got, retries, comments]: [RunEvent[], number[], string[]] = [[], [], []];
  const parser = createParser({
    onEvent: ({ data }) => got.push(JSON.parse(data) as RunEvent),
    onRetry: (ms) => retries.push(ms),
    onComment: (comment) => comments.push(comment),
    onError: (error) => {
      throw error;
    },
  });
  parser.feed(await answer.text());
  expect(got.filter((event) => 'seq' in event)).toEqual(await logOf(id));
  expect(retries).toEqual([1_000]);
});

test('the AG-UI client starts a run and follows it', async () => {
  class PerdureAgent extends HttpAgent {
    protected override requestInit(input: RunAgentInput): RequestInit {
      const goal = input.messages.findLast(({ role }) => role === 'user')?.content;
      return { ...super.requestInit(input), body: JSON.stringify({ goal, plan }) };
    }
  }
  const agent = new PerdureAgent({ url: `${perdure.url}/v1/runs?format=ag-ui` });
  agent.addMessage({ id: '1', role: 'user', content: 'Greet me' });
  expect(await agent.runAgent()).toHaveProperty('result', { text: 'Hello again' });
  expect(agent.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Hello again' });
  expect(agent.state).toMatchObject({
    steps: Object.fromEntries(plan.steps.map(({ id }) => [id, { status: 'completed' }])),
    files: [{ path: 'out.txt' }],
  });
  const [run] = (await perdure.client.list({ limit: 1 })).runs;
  expect(run).toMatchObject({ goal: 'Greet me', status: 'completed' });
});

test('the AI SDK’s chat starts a run, follows it, and takes it up again', async () => {
  const transport = new DefaultChatTransport<UIMessage>({
    api: `${perdure.url}/v1/runs?format=ai-sdk`,
    headers: { accept: 'text/event-stream' },
    prepareSendMessagesRequest: ({ messages }) => {
      const [part] = messages.at(-1)?.parts ?? [];
      return { body: { goal: part?.type === 'text' ? part.text : '', plan } };
    },
    prepareReconnectToStreamRequest: ({ id }) => ({
      api: `${perdure.url}/v1/runs/${id}/events?format=ai-sdk`,
    }),
  });
  const read = async (
    stream: Awaited<ReturnType<typeof transport.sendMessages>>,
  ): Promise<UIMessage | undefined> => {
    let last: UIMessage | undefined;
    for await (const state of readUIMessageStream({ stream, terminateOnError: true })) last = state;
    return last;
  };
  const message = await read(
    await transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'chat',
      messageId: undefined,
      messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Greet me' }] }],
      abortSignal: undefined,
    }),
  );
  expect(message?.parts.at(-1)).toMatchObject({ type: 'text', text: 'Hello again' });
  expect(message?.parts.filter(({ type }) => type === 'dynamic-tool')).toHaveLength(4);
  const runId = (message?.metadata as { runId: string }).runId;
  const again = await transport.reconnectToStream({ chatId: runId });
  expect(again === null ? null : await read(again)).toEqual(message);
});

test('in each format a reader that is cut off goes on after the last message it has', async () => {
  const { id } = await perdure.client.submit({ goal: 'formats', plan });
  await perdure.client.wait(id);
  const { lastSeq } = await perdure.client.get(id);
  const url = `${perdure.url}/v1/runs/${id}/events`;
  for (const format of ['ag-ui', 'ai-sdk']) {
    const all = await (await fetch(`${url}?format=${format}`)).text();
    const messages = all.split('\n\n').filter((text) => text.startsWith('id: '));
    expect(messages.length).toBeGreaterThan(10);
    for (const at of [0, 3, 4, 5, messages.length - 2]) {
      const lastId = /^id: (\S+)/.exec(messages[at] ?? '')?.[1] ?? '';
      const rest = await (
        await fetch(`${url}?format=${format}`, { headers: { 'last-event-id': lastId } })
      ).text();
      expect(rest.split('\n\n').filter((text) => text.startsWith('id: '))).toEqual(messages.slice(at + 1));
    }
    const end = await fetch(`${url}?format=${format}&after=${lastSeq}`);
    expect(end.status).toBe(204);
  }
  const ask = async (query: string, headers = {}): Promise<number> =>
    (await fetch(`${url}?${query}`, { headers })).status;
  expect(await ask('format=xml')).toBe(422);
  expect(await ask('format=ag-ui', { accept: 'application/json' })).toBe(422);
  expect(await ask('format=ai-sdk', { 'last-event-id': '1.x' })).toBe(422);
});
