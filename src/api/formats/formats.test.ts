/** The log in other protocols, read by the official clients of those. */
import { HttpAgent } from '@ag-ui/client';
import { EventSchemas } from '@ag-ui/core/schemas';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { frameOf } from '../event-frame.js';
import { createTexts, positionOf, type StreamFormat } from './stream-format.js';

const runId = '01a20eca-d14f-72ca-9ad6-7b45cd32c878';
const error = { code: 'tool_unavailable' as const, message: 'the host is away', retryable: true };

const passing = new Set(['step.progress', 'output.delta', 'output.reset']);
type Given = Record<string, unknown> & { type: string };
const logOf = (...events: Given[]): (RunEvent | EphemeralEvent)[] => {
  let seq = 0;
  return events.map(
    (event) =>
      ({
        ...(passing.has(event.type) ? {} : { seq: (seq += 1) }),
        runId,
        at: '2026-11-25T00:00:00.000Z',
        ...event,
      }) as RunEvent | EphemeralEvent,
  );
};
const step = (type: string, stepId: string, attempt: number, fields: object = {}): Given => ({
  type,
  stepId,
  attempt,
  ...fields,
});
const begin = [
  { type: 'run.queued', goal: 'Greet' },
  { type: 'run.started' },
  {
    type: 'plan.created',
    version: 1,
    plan: {
      steps: [
        { id: 'a', tool: 'http_fetch', args: { url: 'http://x' } },
        { id: 'b', tool: 'echo', args: { text: '{{steps.a.output}}' }, title: 'Say it' },
        { id: 'c', tool: 'wait', args: { seconds: 9 } },
      ],
    },
  },
];
const completed = logOf(
  ...begin,
  step('step.started', 'a', 1, { tool: 'http_fetch' }),
  step('step.progress', 'a', 1, { message: 'half' }),
  step('step.retrying', 'a', 1, { error, nextAttempt: 2 }),
  step('step.started', 'c', 1, { tool: 'wait' }),
  // Its worker is killed, and the log has no end of it.
  step('step.started', 'a', 2, { tool: 'http_fetch' }),
  step('step.started', 'a', 3, { tool: 'http_fetch' }),
  step('artifact.created', 'a', 3, { path: 'a.txt', bytes: 3, contentType: 'text/plain' }),
  step('step.completed', 'a', 3, {
    durationMs: 5,
    output: { ref: '.perdure/a', bytes: 9_999, preview: '{"b' },
  }),
  step('supervisor.decided', 'a', 3, { decision: 'continue', reason: 'r' }),
  step('step.started', 'b', 1, { tool: 'echo', title: 'Say it' }),
  step('step.completed', 'b', 1, { durationMs: 5, output: { value: { text: 'hi' } } }),
  step('step.failed', 'c', 1, { error }),
  { type: 'run.completed', result: { text: 'hi' } },
);
/** Two models write at once, one is begun anew, one goes on in another turn, and one is still writing at the end. */
const written = logOf(
  ...begin.slice(0, 2),
  { type: 'output.delta', attempt: 1, text: '{"steps"' },
  { type: 'output.delta', attempt: 1, text: ':[]}' },
  ...begin.slice(2),
  step('step.started', 'a', 1, { tool: 'http_fetch' }),
  step('step.started', 'c', 1, { tool: 'wait' }),
  step('output.delta', 'a', 1, { text: 'On' }),
  step('output.delta', 'c', 1, { text: 'Else' }),
  step('output.reset', 'a', 1),
  step('output.delta', 'a', 1, { text: 'Once ' }),
  step('output.delta', 'a', 1, { text: 'more' }),
  step('agent.calling', 'a', 1, { turn: 1, tool: 'echo' }),
  step('agent.called', 'a', 1, { turn: 1, tool: 'echo', durationMs: 1 }),
  step('output.delta', 'a', 1, { text: 'Done' }),
  step('step.completed', 'a', 1, { durationMs: 5, output: { value: 'Done' } }),
  { type: 'run.completed', result: 'Done' },
);
const texts = ['{"steps":[]}', 'On', 'Else', 'Once more', 'Done'];
const failed = logOf(
  ...begin,
  step('step.started', 'a', 1, { tool: 'http_fetch' }),
  step('step.started', 'c', 1, { tool: 'wait' }),
  step('step.failed', 'a', 1, { error }),
  { type: 'run.failed', error: { code: 'step_failed', message: 'the step "a" failed', retryable: false } },
);
const cancelled = logOf(...begin, step('step.started', 'a', 1, { tool: 'http_fetch' }), {
  type: 'run.cancelled',
  reason: 'enough',
});

const textOf = (
  format: StreamFormat,
  events: (RunEvent | EphemeralEvent)[],
  from = { seq: 0, messages: 0 },
) => {
  const texts = createTexts(format, from);
  return events.map((event) => texts(frameOf(event))).join('');
};
/** As the stream begins and is kept alive. */
const answer = (format: StreamFormat, events: (RunEvent | EphemeralEvent)[]) => () =>
  Promise.resolve(
    new Response(`retry: 1000\n\n: hb\n\n${textOf(format, events)}`, {
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    }),
  );
function messagesIn(text: string): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  createParser({ onEvent: (message) => messages.push(message) }).feed(text);
  return messages;
}

describe('ag-ui', () => {
  const agentOn = (events: (RunEvent | EphemeralEvent)[]): HttpAgent =>
    new HttpAgent({ url: 'http://perdure/', threadId: 't', fetch: answer('ag-ui', events) });

  test.each(Object.entries({ completed, failed, cancelled, written }))(
    '%s: every message fits the schema',
    (_, events) => {
      const messages = messagesIn(textOf('ag-ui', events));
      expect(messages.length).toBeGreaterThan(events.length);
      for (const { data } of messages) expect(EventSchemas.safeParse(JSON.parse(data)).error).toBeUndefined();
    },
  );

  test('the agent has the calls with their results, the state of the plan, and the answer', async () => {
    const agent = agentOn(completed);
    expect(await agent.runAgent()).toHaveProperty('result', { text: 'hi' });
    const calls = agent.messages.flatMap((m) => (m.role === 'assistant' ? (m.toolCalls ?? []) : []));
    expect(calls.map(({ id, function: f }) => [id, f.name, f.arguments])).toEqual([
      ['a-1', 'http_fetch', '{"url":"http://x"}'],
      ['c-1', 'wait', '{"seconds":9}'],
      ['a-2', 'http_fetch', '{"url":"http://x"}'],
      ['a-3', 'http_fetch', '{"url":"http://x"}'],
      ['b-1', 'echo', '{"text":"{{steps.a.output}}"}'],
    ]);
    const results = agent.messages.flatMap((m) => (m.role === 'tool' ? [[m.toolCallId, m.content]] : []));
    expect(new Map(results as [string, string][])).toEqual(
      new Map([
        ['a-1', JSON.stringify({ error })],
        ['a-2', expect.stringContaining('cut off') as string],
        ['a-3', '{"ref":".perdure/a","bytes":9999,"preview":"{\\"b"}'],
        ['b-1', '{"text":"hi"}'],
        ['c-1', JSON.stringify({ error })],
      ]),
    );
    expect(agent.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'hi' });
    expect(agent.state).toMatchObject({
      plan: { steps: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
      steps: {
        a: { status: 'completed', callId: 'a-3' },
        b: { status: 'completed' },
        c: { status: 'failed', error: { code: 'tool_unavailable' } },
      },
      files: [{ path: 'a.txt', bytes: 3, contentType: 'text/plain' }],
    });
  });

  test('what models write is reasoning, text by text', async () => {
    const agent = agentOn(written);
    await agent.runAgent();
    const reasoning = agent.messages.flatMap((m) => (m.role === 'reasoning' ? [m.content] : []));
    expect(reasoning).toEqual(texts);
    expect(agent.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Done' });
  });

  test('a failed run is an error of the agent', async () => {
    const errors: unknown[] = [];
    await agentOn(failed).runAgent({}, { onRunErrorEvent: ({ event }) => void errors.push(event) });
    expect(errors).toMatchObject([{ message: 'the step "a" failed', code: 'step_failed' }]);
  });

  test('a cancelled run ends as such, with nothing left open', async () => {
    const ends: unknown[] = [];
    await agentOn(cancelled).runAgent({}, { onRunFinishedEvent: ({ event }) => void ends.push(event) });
    expect(ends).toMatchObject([{ outcome: { type: 'cancelled' } }]);
  });
});

describe('ai-sdk', () => {
  async function messageOf(
    events: (RunEvent | EphemeralEvent)[],
  ): Promise<{ message: UIMessage; errors: unknown[] }> {
    const transport = new DefaultChatTransport({ api: 'http://perdure/', fetch: answer('ai-sdk', events) });
    const stream = await transport.reconnectToStream({ chatId: 'c' });
    if (stream === null) throw new Error('there is no stream');
    const errors: unknown[] = [];
    let message: UIMessage | undefined;
    for await (const state of readUIMessageStream({ stream, onError: (e) => errors.push(e) }))
      message = state;
    if (message === undefined) throw new Error('there is no message');
    return { message, errors };
  }

  test('the message has the plan, the calls with their results, the files, and the answer', async () => {
    const { message, errors } = await messageOf(completed);
    expect(errors).toEqual([]);
    expect(message).toMatchObject({ id: runId, role: 'assistant', metadata: { runId } });
    expect(message.parts).toMatchObject([
      { type: 'data-plan', data: { steps: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] } },
      { type: 'dynamic-tool', toolCallId: 'a-1', state: 'output-error', errorText: 'the host is away' },
      { type: 'dynamic-tool', toolCallId: 'c-1', toolName: 'wait', title: 'c', state: 'output-error' },
      { type: 'dynamic-tool', toolCallId: 'a-2', state: 'output-error' },
      { type: 'dynamic-tool', toolCallId: 'a-3', state: 'output-available', output: { ref: '.perdure/a' } },
      { type: 'data-file', data: { path: 'a.txt', bytes: 3, contentType: 'text/plain' } },
      {
        type: 'dynamic-tool',
        toolCallId: 'b-1',
        title: 'Say it',
        input: { text: '{{steps.a.output}}' },
        output: { text: 'hi' },
        providerExecuted: true,
      },
      { type: 'text', text: 'hi', state: 'done' },
    ]);
    expect(message.parts).toHaveLength(8);
  });

  test('what models write is reasoning, text by text', async () => {
    const { message, errors } = await messageOf(written);
    expect(errors).toEqual([]);
    const reasoning = message.parts.filter(({ type }) => type === 'reasoning');
    expect(reasoning).toMatchObject(texts.map((text) => ({ text, state: 'done' })));
    expect(message.parts.at(-1)).toMatchObject({ type: 'text', text: 'Done' });
  });

  test('a question to a person is one part, which tells of the decision', async () => {
    const asked = { approvalId: 'a-1', kind: 'step', tool: 'http_fetch', argsHash: 'h', reason: 'policy' };
    const { message } = await messageOf(
      logOf(
        ...begin,
        step('approval.requested', 'a', 1, asked),
        step('approval.decided', 'a', 1, { approvalId: 'a-1', decision: 'denied', by: 'ann' }),
        { type: 'run.failed', error },
      ),
    );
    expect(message.parts.filter(({ type }) => type === 'data-approval')).toEqual([
      {
        type: 'data-approval',
        id: 'a-1',
        data: { status: 'decided', stepId: 'a', approvalId: 'a-1', decision: 'denied', by: 'ann' },
      },
    ]);
  });

  test('a failed run is an error, a cancelled one is aborted', async () => {
    expect((await messageOf(failed)).errors).toMatchObject([{ message: 'the step "a" failed' }]);
    expect(textOf('ai-sdk', cancelled)).toMatch(
      /\{"type":"abort","reason":"enough"\}\n\nid: 5\ndata: \[DONE\]\n\n$/,
    );
    expect((await messageOf(cancelled)).errors).toEqual([]);
  });
});

test.each(['ag-ui', 'ai-sdk'] as const)(
  '%s: whoever comes back with the id of any message gets exactly what follows it',
  (format) => {
    const durable = completed.filter((event) => 'seq' in event);
    const all = messagesIn(textOf(format, durable));
    // What passes by meanwhile changes no id.
    const withWriting = messagesIn(textOf(format, written)).filter(({ id }) => id !== undefined);
    expect(withWriting).toEqual(
      messagesIn(
        textOf(
          format,
          written.filter((event) => 'seq' in event),
        ),
      ),
    );
    const ids = all.map(({ id }) => id ?? '');
    expect(new Set(ids).size).toBe(all.length);
    expect(ids.at(-1)).toBe(String(durable.length));
    for (const [i, id] of ids.entries()) {
      const from = positionOf(id);
      if (from === undefined) throw new Error(`${id} is no id`);
      expect(messagesIn(textOf(format, durable, from))).toEqual(all.slice(i + 1));
    }
  },
);

test('what only passes by has no id', () => {
  const [event] = completed.filter(({ type }) => type === 'step.progress');
  if (event === undefined) throw new Error('there is none');
  for (const format of ['ag-ui', 'ai-sdk'] as const)
    expect(messagesIn(textOf(format, [event]))).toMatchObject([{ id: undefined }]);
});

test.each(['', 'x', '-1', '1.', '1.2.3', '1e3', '1'.repeat(16)])('%j is no id', (id) => {
  expect(positionOf(id)).toBeUndefined();
});
