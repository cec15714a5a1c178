import { expect, test, vi } from 'vitest';
import { PerdureError } from '../../../contracts/errors.js';
import type { NewAuditEntry } from '../../ports/audit-log.js';
import { createFakeAudit } from '../testing/fake-audit.js';
import { createFakes } from '../testing/fakes.js';
import { createAuditWriter } from './audit-writer.js';

let made = 0;
const entry = (change: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  id: `entry-${(made += 1)}`,
  at: '2026-01-02T03:04:05.678Z',
  tenantId: 'acme',
  subject: 'user:ann',
  address: null,
  action: 'cancelRun',
  target: null,
  outcome: 'ok',
  requestId: null,
  ...change,
});
const away = new PerdureError('store_unavailable', 'the database does not answer');

test('what comes while something is written goes with the next write, in order', async () => {
  const log = createFakeAudit();
  const { logger } = createFakes();
  const writer = createAuditWriter(log, logger);
  const all = Array.from({ length: 1_200 }, () => entry());
  for (const each of all) writer.write(each);
  await writer.settle();
  expect(log.added).toEqual(all);
  expect(log.writes).toBeLessThanOrEqual(4);
  expect(logger.lines).toEqual([]);
});

test('while the database is away entries wait, and each stands in the log once', async () => {
  const log = createFakeAudit();
  const { logger } = createFakes();
  const writer = createAuditWriter(log, logger, { retryMs: 5 });
  log.fault = away;
  const [first, second] = [entry(), entry()];
  writer.write(first);
  await vi.waitFor(
    () => {
      expect(logger.lines).toHaveLength(1);
    },
    { timeout: 20_000 },
  );
  writer.write(second);
  await vi.waitFor(
    () => {
      expect(logger.lines.map(({ fields }) => (fields as { audit: NewAuditEntry }).audit)).toEqual([
        first,
        second,
      ]);
    },
    { timeout: 20_000 },
  );
  log.fault = null;
  await vi.waitFor(
    () => {
      expect(log.added).toEqual([first, second]);
    },
    { timeout: 20_000 },
  );
  await writer.settle();
  expect(logger.lines).toHaveLength(2);
});

test('at the end one more try is made, and what cannot be written stands in the log', async () => {
  const log = createFakeAudit();
  const { logger } = createFakes();
  const writer = createAuditWriter(log, logger, { retryMs: 60_000 });
  log.fault = away;
  const lost = entry();
  writer.write(lost);
  await writer.settle();
  expect(logger.lines.map(({ fields }) => fields)).toMatchObject([{ audit: lost }]);
});

test('no more wait than there may be, and what no waiting mends waits for nothing', async () => {
  const log = createFakeAudit();
  const { logger } = createFakes();
  log.fault = away;
  const full = createAuditWriter(log, logger, { retryMs: 60_000, most: 3 });
  for (let i = 0; i < 5; i += 1) full.write(entry());
  await full.settle();
  expect(logger.lines).toHaveLength(5);

  log.fault = new Error('a defect');
  const broken = createAuditWriter(log, logger, { retryMs: 60_000 });
  const [bad, good] = [entry(), entry()];
  broken.write(bad);
  await vi.waitFor(
    () => {
      expect(logger.lines).toHaveLength(6);
    },
    { timeout: 20_000 },
  );
  log.fault = null;
  broken.write(good);
  await broken.settle();
  expect(log.added).toEqual([good]);
});

test('the same refusal of the same caller is written once a minute; what was done, always', async () => {
  const log = createFakeAudit();
  const writer = createAuditWriter(log, createFakes().logger);
  for (let i = 0; i < 100; i += 1) {
    writer.write(entry({ outcome: 'insufficient_scope', target: `runs/${i}` }));
    writer.write(entry());
  }
  writer.write(entry({ outcome: 'insufficient_scope', subject: 'user:bob' }));
  writer.write(entry({ outcome: 'insufficient_scope', tenantId: 'globex' }));
  await writer.settle();
  expect(log.added.filter(({ outcome }) => outcome === 'ok')).toHaveLength(100);
  expect(log.added.filter(({ outcome }) => outcome !== 'ok')).toHaveLength(3);
});
