import { setTimeout as sleep } from 'node:timers/promises';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
} from '@opentelemetry/sdk-trace';
import { SimpleSpanProcessor, TracerProvider, type Sampler } from '@opentelemetry/sdk-trace';
import { beforeEach, expect, test } from 'vitest';
import { PerdureError } from '../../../contracts/errors.js';
import { belowWorkflow, ownTrace, traceIdOf } from '../../../contracts/trace.js';
import type { Tracer } from '../../ports/tracer.js';
import { ChosenIds, createTracer } from './tracer.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: 'vendor=1' };

let spans: InMemorySpanExporter;
let tracer: Tracer;
const open = (root: Sampler = new AlwaysOnSampler()): Tracer => {
  const ids = new ChosenIds();
  const provider = new TracerProvider({
    idGenerator: ids,
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  });
  const mayTell = ({ hostname }: URL): boolean => hostname === 'ours.example';
  return createTracer({ tracer: provider.getTracer('test'), ids, root, mayTell, showsContent: false });
};
beforeEach(() => {
  spans = new InMemorySpanExporter();
  tracer = open();
});
const found = (name: string) => {
  const span = spans.getFinishedSpans().find((each) => each.name === name);
  if (span === undefined) throw new Error(`there is no span ${name}`);
  return span;
};

test('what is done in a span is below it, side by side too, and the trace of a caller goes on', async () => {
  await tracer.within({ name: 'request', kind: 'server', parent: PARENT }, () =>
    Promise.all(
      ['a', 'b'].map((name) =>
        tracer.within({ name }, async () => {
          await sleep(5);
          await tracer.within({ name: `below ${name}` }, () => sleep(1));
        }),
      ),
    ),
  );
  const request = found('request');
  expect([request.spanContext().traceId, request.parentSpanContext?.spanId]).toEqual([
    TRACE,
    'b7ad6b7169203331',
  ]);
  for (const name of ['a', 'b']) {
    expect(found(name).parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(found(`below ${name}`).parentSpanContext?.spanId).toBe(found(name).spanContext().spanId);
    expect(found(`below ${name}`).spanContext().traceState?.serialize()).toBe('vendor=1');
  }
});

test('what others send that is no trace begins a new one', async () => {
  const zeros = `00-${'0'.repeat(32)}-b7ad6b7169203331-01`;
  for (const traceparent of [
    '',
    'rubbish',
    zeros,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-b7ad6b7169203331-01`,
  ])
    await tracer.within({ name: `of ${traceparent}`, parent: { traceparent } }, async () => sleep(0));
  for (const span of spans.getFinishedSpans()) {
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.spanContext().traceId).not.toBe(TRACE);
  }
});

test('only those hosts are told that may be, and nothing but the context', async () => {
  await tracer.within({ name: 'request', parent: PARENT }, () => {
    expect(tracer.headersFor(new URL('https://ours.example/x'))).toEqual({
      traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`)) as string,
      tracestate: 'vendor=1',
    });
    expect(tracer.headersFor(new URL('https://ours.example.evil/'))).toEqual({});
    expect(tracer.ids()).toEqual({
      trace_id: TRACE,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    return Promise.resolve();
  });
  expect([tracer.carrier(), tracer.ids(), tracer.headersFor(new URL('https://ours.example/'))]).toEqual([
    undefined,
    undefined,
    {},
  ]);
});

test('a failure is told by its code and not by its words', async () => {
  const failing = tracer.within({ name: 'tool' }, () =>
    Promise.reject(new PerdureError('tool_failed', 'a secret of somebody')),
  );
  await expect(failing).rejects.toThrow('a secret of somebody');
  expect(found('tool').attributes).toEqual({ 'error.type': 'tool_failed' });
  expect(JSON.stringify([found('tool').status, found('tool').events])).not.toContain('secret');
});

test('a run that nobody has traced has the trace of its own ids, and the sampler’s word holds for all of it', async () => {
  const run = '019e1c5b-7f3a-7c11-9a53-0123456789ab';
  const activity = { name: 'activity', parent: ownTrace(run) };
  await tracer.within(activity, () => tracer.within({ name: 'tool' }, () => Promise.resolve()));
  tracer.open({ name: 'run', parent: null, id: '9a530123456789ab', traceId: traceIdOf(run) }).end();
  const child = belowWorkflow(ownTrace(run), '019e1c5b-0000-7c11-8a53-aaaaaaaaaaaa');
  await tracer.within({ name: 'of a child', parent: child }, () => Promise.resolve());
  expect(new Set(spans.getFinishedSpans().map((span) => span.spanContext().traceId))).toEqual(
    new Set(['019e1c5b7f3a7c119a530123456789ab']),
  );
  expect(found('activity').parentSpanContext?.spanId).toBe(found('run').spanContext().spanId);
  expect(found('run').parentSpanContext).toBeUndefined();
  expect(found('of a child').parentSpanContext?.spanId).toBe('8a53aaaaaaaaaaaa');
  spans.reset();
  await open(new AlwaysOffSampler()).within(activity, () => Promise.resolve());
  await open(new AlwaysOffSampler()).within({ name: 'asked for', parent: PARENT }, () => Promise.resolve());
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual(['asked for']);
});
