/** What every ApiKeyStore must do. */
import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunStore } from '../../src/ports/run-store.js';
import type { ApiKeyStore, NewApiKey } from '../../src/ports/api-key-store.js';

const newKey = (change: Partial<NewApiKey> = {}): NewApiKey => {
  const id = uuid();
  return {
    id,
    tenantId: `tenant-${id}`,
    name: 'deploy',
    scope: 'write',
    tokenHash: createHash('sha256').update(id).digest('hex'),
    prefix: 'pdk_abcd',
    createdBy: 'user-1',
    expiresAt: null,
    ...change,
  };
};

interface Keeping {
  apiKeys: ApiKeyStore;
  runs: Pick<RunStore, 'createRun'>;
}

export function apiKeysSuite(name: string, open: () => Promise<Keeping>): void {
  describe(`API keys, ${name}`, () => {
    let keys: ApiKeyStore;
    let runs: Keeping['runs'];
    beforeAll(async () => {
      ({ apiKeys: keys, runs } = await open());
    }, 120_000);

    test('a key of one run is its tenant’s, expires, is listed with that run only, and is found and revoked as any other', async () => {
      const [runId, other] = [uuid(), uuid()];
      const tenantId = `tenant-${runId}`;
      for (const id of [runId, other])
        await runs.createRun({
          ...{ id, tenantId, goal: 'g', agent: 'default', metadata: {}, requestHash: null },
          createdAt: new Date().toISOString(),
        });
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      const shared = newKey({ tenantId, runId, scope: 'read', expiresAt });
      const stored = await keys.create(shared);
      expect(stored).toMatchObject({ runId, scope: 'read', expiresAt });
      expect(await keys.listOfRun(tenantId, runId)).toEqual([stored]);
      expect(await keys.get(tenantId, shared.id)).toEqual(stored);
      expect(await keys.find(shared.tokenHash)).toMatchObject({ id: shared.id, runId });
      const elsewhere = [
        await keys.list(tenantId),
        await keys.listOfRun(tenantId, other),
        await keys.listOfRun('acme', runId),
      ];
      expect([...elsewhere.flat(), await keys.get('acme', shared.id)]).toEqual([null]);
      for (const refused of [
        newKey({ tenantId: 'acme', runId, scope: 'read', expiresAt }),
        newKey({ tenantId, runId: uuid(), scope: 'read', expiresAt }),
      ])
        await expect(keys.create(refused)).rejects.toMatchObject({ code: 'run_not_found' });
      for (const refused of [
        newKey({ tenantId, runId, scope: 'write', expiresAt }),
        newKey({ tenantId, runId, scope: 'read' }),
      ])
        await expect(keys.create(refused)).rejects.toThrow();
      expect(await keys.revoke(tenantId, shared.id)).toBe(true);
      expect(await keys.find(shared.tokenHash)).toBeNull();
      expect((await keys.listOfRun(tenantId, runId))[0]?.revokedAt).not.toBeNull();
    });

    test('a key is stored without its hash ever coming back', async () => {
      const { tokenHash, ...key } = newKey();
      const stored = await keys.create({ ...key, tokenHash });
      expect(stored).toEqual({
        ...key,
        runId: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        lastUsedAt: null,
        revokedAt: null,
      });
      expect(await keys.list(key.tenantId)).toEqual([stored]);
    });

    test('finding a key notes its use, at most once a minute', async () => {
      const key = newKey();
      await keys.create(key);
      const first = await keys.find(key.tokenHash);
      expect(first).toMatchObject({ id: key.id, tenantId: key.tenantId, scope: 'write' });
      expect(first?.lastUsedAt).not.toBeNull();
      expect((await keys.find(key.tokenHash))?.lastUsedAt).toBe(first?.lastUsedAt);
      expect((await keys.list(key.tenantId))[0]?.lastUsedAt).toBe(first?.lastUsedAt);
    });

    test('many that use a key at once all find it', async () => {
      const key = newKey();
      await keys.create(key);
      const found = await Promise.all(Array.from({ length: 20 }, () => keys.find(key.tokenHash)));
      expect(found.map((k) => k?.id)).toEqual(Array.from({ length: 20 }, () => key.id));
    });

    test('an unknown, a revoked and an expired key are not found', async () => {
      const revoked = newKey();
      const expired = newKey({ expiresAt: '2020-01-01T00:00:00.000Z' });
      await keys.create(revoked);
      await keys.create(expired);
      expect(await keys.revoke(revoked.tenantId, revoked.id)).toBe(true);
      for (const hash of ['0'.repeat(64), 'no hash', revoked.tokenHash, expired.tokenHash])
        expect(await keys.find(hash)).toBeNull();
      // Whose it was is known all the same.
      for (const key of [revoked, expired])
        expect(await keys.former(key.tokenHash)).toEqual({ id: key.id, tenantId: key.tenantId });
      const good = newKey({ scope: 'audit' });
      await keys.create(good);
      for (const hash of ['0'.repeat(64), good.tokenHash]) expect(await keys.former(hash)).toBeNull();
      expect(await keys.list(expired.tenantId)).toMatchObject([{ expiresAt: '2020-01-01T00:00:00.000Z' }]);
    });

    test('a key is revoked once, and by its own tenant only', async () => {
      const key = newKey();
      await keys.create(key);
      expect(await keys.revoke('another', key.id)).toBe(false);
      for (const unknown of [uuid(), 'no id', ''])
        expect(await keys.revoke(key.tenantId, unknown)).toBe(false);
      expect(await keys.find(key.tokenHash)).not.toBeNull();
      expect(await keys.revoke(key.tenantId, key.id)).toBe(true);
      const [first] = await keys.list(key.tenantId);
      expect(await keys.revoke(key.tenantId, key.id)).toBe(true);
      expect(await keys.list(key.tenantId)).toEqual([first]);
    });

    test('keys are listed newest first', async () => {
      const tenantId = `tenant-${uuid()}`;
      for (const n of ['a', 'b', 'c']) await keys.create(newKey({ tenantId, name: n }));
      expect((await keys.list(tenantId)).map((k) => k.name)).toEqual(['c', 'b', 'a']);
    });
  });
}
