/** What Temporal keeps, byte for byte: with keys nothing of what people, models and tools say stands in it. */
import { createDeploymentKeys } from '../../src/adapters/keys/deployment-keys.js';
import { createTenantKeys } from '../../src/adapters/keys/tenant-keys.js';
import { createSealedPayloads } from '../../src/adapters/temporal/payloads.js';
import { randomBytes } from 'node:crypto';
import { execFile as execFileOf } from 'node:child_process';
import { promisify } from 'node:util';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import { workflowIdOf } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS, testTemporalBinary } from '../../src/adapters/embedded/testing/backends.js';
import { createFakes } from '../../src/api/testing/fakes.js';
import { readConfig } from '../../src/config/env.js';
import { startCodecServer } from '../../src/stack/codec-server.js';
import { replayRuns } from '../../src/stack/replay-runs.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

const execFile = promisify(execFileOf);
const CANARY = 'canary-5f3a9e71';
const said = (what: string): string => `${CANARY} ${what}`;
const newKey = (id: string) => ({ id, secret: randomBytes(32) });
const failing = defineTool({
  name: 'fails',
  description: 'says what it should not',
  args: z.strictObject({ text: z.string() }),
  effect: 'read',
  timeoutSeconds: 10,
  maxAttempts: 2,
  execute: ({ text }) => Promise.reject(new PerdureError('tool_unavailable', `it failed: ${text}`)),
});

/** Every way in which words of people, models or tools come into Temporal. */
async function sayEverything(system: System): Promise<string[]> {
  const ended = await system.start(
    [
      { id: 'echo', tool: 'echo', args: { text: said('argument') }, title: said('title') },
      { id: 'code', tool: 'javascript', args: { code: `return ${JSON.stringify(said('code'))}` } },
      { id: 'sub', tool: 'delegate', args: { goal: said('sub-goal'), plan: echo(said('sub-step')) } },
      { id: 'bad', tool: 'fails', args: { text: said('failure') }, onFailure: 'continue' },
      { id: 'last', tool: 'fails', args: { text: said('end') }, dependsOn: ['bad'] },
      { id: 'nap', tool: 'wait', args: { seconds: 1 }, title: said('timer') },
      { id: 'after', tool: 'fails', args: { text: said('the end') }, dependsOn: ['nap'] },
    ],
    { data: { input: said('input') }, goal: said('goal'), metadata: { note: said('metadata') } },
  );
  const events = await system.events(ended.id);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed' });
  const open = await system.start(
    [{ id: 'ask', tool: 'ask_human', args: { question: said('question') }, title: said('asked') }],
    { goal: said('another goal') },
  );
  await expect
    .poll(() => system.approvals.find('acme', open.id, 'step-ask'), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
  const by = null;
  expect(await system.engine.message(open.id, { id: 'm1', text: said('message'), by })).toBe(true);
  expect(await system.engine.pause(open.id, { by, reason: said('pause') })).toBe(true);
  expect(await system.engine.resume(open.id, { by })).toBe(true);
  await expect(
    system.engine.decide(open.id, {
      ...{ approvalId: 'no-such', decision: 'approve', argsHash: null, args: null, by },
      note: said('a note that is refused'),
    }),
  ).rejects.toThrow(PerdureError);
  expect(await system.engine.cancel(open.id, said('reason'))).toBe(true);
  await system.events(open.id);

  const scheduleId = v7();
  await system.schedules.create({
    ...{ scheduleId, tenantId: 'acme', name: said('schedule'), cron: '0 6 1 1 *', timezone: 'Europe/Zurich' },
    ...{ overlap: 'skip', catchUpSeconds: 600, paused: false, requestHash: 'hash' },
    run: { goal: said('scheduled goal'), plan: echo(said('scheduled step')), metadata: {} },
  });
  await system.schedules.change('acme', scheduleId, { name: said('changed') });
  await system.schedules.pause('acme', scheduleId, said('schedule’s reason'));
  expect(await system.schedules.get('acme', scheduleId)).toMatchObject({
    name: said('changed'),
    pauseReason: said('schedule’s reason'),
  });
  await system.schedules.trigger('acme', scheduleId);
  let scheduled = '';
  await expect
    .poll(
      async () => {
        scheduled = (await system.schedules.get('acme', scheduleId))?.recent[0]?.runId ?? '';
        return (await system.store.findRun('acme', scheduled))?.status;
      },
      { timeout: 20_000 },
    )
    .toBe('completed');
  return [ended.id, open.id, scheduled];
}

const echo = (text: string) => ({ steps: [{ id: 'said', tool: 'echo', args: { text } }] });

/** Of the files of Temporal's database: as it stands, and within base64 at any of its three offsets. */
async function standsIn(directory: string, word: string): Promise<number> {
  const forms = [word, ...[0, 1, 2].map((n) => base64Within(word, n))].map((form) => Buffer.from(form));
  const files = (await readdir(directory)).filter((name) => name.startsWith('temporal.db'));
  expect(files).toContain('temporal.db');
  let found = 0;
  for (const file of files) {
    const bytes = await readFile(path.join(directory, file));
    for (const form of forms)
      for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + 1)) found += 1;
  }
  return found;
}

/** What is the same of a word's base64 whatever stands before and after it. */
function base64Within(word: string, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(word)])
    .toString('base64')
    .replace(/=+$/, '');
  return text.slice(Math.ceil((offset * 8) / 6), -2);
}

describe('in the clear', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ tools: [failing] });
  }, TEMPORAL_TIMEOUT_MS);
  afterAll(() => system.release());

  test('the search finds what it looks for', { timeout: 120_000 }, async () => {
    await sayEverything(system);
    expect(await standsIn(system.temporalDirectory, CANARY)).toBeGreaterThan(30);
  });
});

describe('with the keys of the settings', () => {
  const [former, present] = [newKey('k1'), newKey('k2')];
  let system: System;
  beforeAll(async () => {
    system = await startSystem({
      tools: [failing],
      keys: () => createDeploymentKeys([present, former]),
    });
  }, TEMPORAL_TIMEOUT_MS);
  afterAll(() => system.release());

  test('Temporal keeps none of it, and whoever has the keys reads it all', { timeout: 180_000 }, async () => {
    const [ended = '', cancelled = ''] = await sayEverything(system);
    expect(await standsIn(system.temporalDirectory, CANARY)).toBe(0);
    expect(await standsIn(system.temporalDirectory, 'Encoded failure')).toBeGreaterThan(0);

    const history = await system.client.workflow.getHandle(workflowIdOf(ended)).fetchHistory();
    const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    expect(await system.payloads.read(input ?? {})).toMatchObject({ run: { goal: said('goal') } });
    expect(await system.store.getRun('acme', ended)).toMatchObject({
      error: {
        message: expect.stringMatching(`^the step "(?:last|after)" failed: it failed: ${said('')}`) as string,
      },
    });
    expect(await system.store.getRun('acme', cancelled)).toMatchObject({ status: 'cancelled' });
    await expect(system.client.workflow.getHandle(workflowIdOf(ended)).result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining(said('')) as string },
    });
  });

  test('Temporal’s own command line reads it through the codec server', { timeout: 60_000 }, async () => {
    const run = await system.start([{ id: 'a', tool: 'echo', args: {} }], { goal: said('for operators') });
    await system.events(run.id);
    const token = 'a-token-of-the-tests';
    const { logger } = createFakes();
    const server = await startCodecServer(
      readConfig({
        PERDURE_ENCRYPTION_KEYS: [present, former]
          .map(({ id, secret }) => `${id}=${secret.toString('base64')}`)
          .join(),
        PERDURE_CODEC_TOKEN: token,
        PERDURE_CODEC_PORT: '0',
      }),
      logger,
    );
    const show = async (...more: string[]): Promise<string> => {
      const binary = await testTemporalBinary();
      const args = ['workflow', 'show', '--address', system.address, '-w', workflowIdOf(run.id)];
      const { stdout } = await execFile(binary, [...args, '--output', 'json', ...more]);
      // Of payloads it prints the bytes.
      return stdout.replaceAll(/"data": "([^"]*)"/g, (_, data: string) =>
        Buffer.from(data, 'base64').toString(),
      );
    };
    const asked = ['--codec-endpoint', server.url, '--codec-auth'];
    try {
      expect(await show()).not.toContain(CANARY);
      expect(await show(...asked, `Bearer ${token}`)).toContain(said('for operators'));
      // It asks a server that refuses it until its own time is over.
      const refused = await show(...asked, 'Bearer another').catch((error: unknown) => String(error));
      expect(refused).toContain('Command failed');
      expect(refused).not.toContain(CANARY);
    } finally {
      await server.release();
    }
  });

  test('why is told from sealed failures and timers', { timeout: 60_000 }, async () => {
    const run = await system.start([{ id: 'nap', tool: 'wait', args: { seconds: 600 }, title: said('nap') }]);
    const timer = async () => (await system.inspector.workflow(run.id))?.timer?.summary;
    await expect.poll(timer, { timeout: 20_000 }).toContain(said('nap'));
    await system.engine.cancel(run.id, null);
  });

  test(
    'runs of a former key go on after a rotation; without it they are told, not lost',
    { timeout: 120_000 },
    async () => {
      const place = { connection: system.client.connection as never, namespace: 'default' };
      const before = createSealedPayloads({ ...place, ring: createDeploymentKeys([former]) });
      const [first, both] = [
        before.converter.payloadCodecs?.[0],
        system.payloads.converter.payloadCodecs?.[0],
      ];
      const plain = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"x"') };
      const sealed = (await first?.encode([plain])) ?? [];
      expect(String(sealed[0]?.metadata?.['encryption-key-id'])).toBe('k1');
      expect(await both?.decode(sealed)).toMatchObject([{ data: plain.data }]);
      const after = createSealedPayloads({ ...place, ring: createDeploymentKeys([present]) });
      await expect(after.read(sealed[0] ?? {})).rejects.toThrow('"k1", which is not among');
      const changed = { ...sealed[0], data: Buffer.from(sealed[0]?.data ?? []).fill(0, 40, 41) };
      await expect(system.payloads.read(changed)).rejects.toThrow();
    },
  );

  test('the gate before a deployment replays them', { timeout: 60_000 }, async () => {
    const report = await replayRuns({
      connection: system.client.connection,
      namespace: 'default',
      since: new Date(Date.now() - 3_600_000),
      limit: 100,
      workflows: {
        workflowBundle: { codePath: system.worker.settings.bundlePath },
        dataConverter: system.payloads.converter,
      },
    });
    expect(report.divergences).toEqual([]);
    expect(report.replayed).toBeGreaterThan(2);
  });
});

describe('with a key for each tenant', () => {
  const deployment = createDeploymentKeys([newKey('k1')]);
  let system: System;
  beforeAll(async () => {
    system = await startSystem({
      tools: [failing],
      keys: (store) => createTenantKeys({ store, deployment, freshMs: 0 }),
    });
  }, TEMPORAL_TIMEOUT_MS);
  afterAll(() => system.release());

  const keysIn = async (runId: string): Promise<Set<string>> => {
    const history = await system.client.workflow.getHandle(workflowIdOf(runId)).fetchHistory();
    const found = new Set<string>();
    const look = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
      const id = (value as Record<string, unknown>)['encryption-key-id'];
      if (id instanceof Uint8Array) found.add(Buffer.from(id).toString());
      else Object.values(value).forEach(look);
    };
    look(history.events);
    return found;
  };

  test(
    'each run is sealed by its tenant’s alone, sub-agents, schedules and a worker that knows nothing too',
    { timeout: 180_000 },
    async () => {
      const runs = await sayEverything(system);
      expect(await standsIn(system.temporalDirectory, CANARY)).toBe(0);
      const acme = await system.tenantKeys.current('acme');
      const children = (await system.store.listRuns('acme', {}, 50)).runs.map(({ id }) => id);
      expect(children.length).toBe(4);
      for (const id of new Set([...runs, ...children])) expect([...(await keysIn(id))]).toEqual([acme?.id]);
      expect(acme?.wrapped).toMatch(/^k1\./);
    },
  );

  test(
    'a destroyed key erases the tenant’s history, and no other tenant’s',
    { timeout: 60_000 },
    async () => {
      const [ours, theirs] = [
        await system.start([{ id: 'a', tool: 'echo', args: { text: said('ours') } }], { tenantId: 'one' }),
        await system.start([{ id: 'a', tool: 'echo', args: { text: said('theirs') } }], { tenantId: 'two' }),
      ];
      await system.events(ours.id);
      await system.events(theirs.id);
      const goalOf = async (id: string): Promise<unknown> => {
        const history = await system.client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
        const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
        return ((await system.payloads.read(input ?? {})) as { run: { id: string } }).run.id;
      };
      expect(await goalOf(ours.id)).toBe(ours.id);
      expect(await system.tenantKeys.destroy('one')).toBe(1);
      await expect(goalOf(ours.id)).rejects.toThrow('was destroyed');
      expect(await goalOf(theirs.id)).toBe(theirs.id);
      // One that comes back begins anew.
      const again = await system.start([{ id: 'a', tool: 'echo', args: {} }], { tenantId: 'one' });
      expect((await system.events(again.id)).at(-1)).toMatchObject({ type: 'run.completed' });
    },
  );
});
