/** What every Workspace must do. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Workspace } from '../../src/ports/workspace.js';

export function workspaceSuite(
  name: string,
  open: () => Promise<{ workspace: Workspace; release: () => Promise<void> }>,
): void {
  describe(name, () => {
    let workspace: Workspace;
    let release: () => Promise<void>;
    let n = 0;
    beforeAll(async () => {
      ({ workspace, release } = await open());
    });
    afterAll(() => release());
    const scope = () => ({ tenantId: 't1', runId: `run-${(n += 1)}` });

    test('gives back what was put, and says what it is', async () => {
      const s = scope();
      const info = await workspace.put(s, 'a/b.txt', 'hello');
      expect(info).toMatchObject({ path: 'a/b.txt', bytes: 5 });
      expect(await workspace.stat(s, 'a/b.txt')).toEqual(info);
      const got = await workspace.get(s, 'a/b.txt');
      expect(got.info).toEqual(info);
      expect(await text(got.content)).toBe('hello');
      const replaced = await workspace.put(s, 'a/b.txt', Buffer.from('hell!'));
      expect(replaced.etag).not.toBe(info.etag);
    });

    test('streams what is larger than memory should hold', async () => {
      const s = scope();
      const chunk = Buffer.alloc(1_000_000, 'x');
      const info = await workspace.put(s, 'big', Readable.from(Array.from({ length: 20 }, () => chunk)));
      expect(info.bytes).toBe(20_000_000);
      let bytes = 0;
      for await (const part of (await workspace.get(s, 'big')).content) bytes += (part as Buffer).length;
      expect(bytes).toBe(20_000_000);
    });

    test('ranges include both ends', async () => {
      const s = scope();
      await workspace.put(s, 'r', '0123456789');
      expect(await text((await workspace.get(s, 'r', { start: 2, end: 4 })).content)).toBe('234');
      expect(await text((await workspace.get(s, 'r', { start: 9, end: 9 })).content)).toBe('9');
    });

    test('a source that breaks leaves what was there, and nothing else', async () => {
      const s = scope();
      await workspace.put(s, 'f', 'old');
      const broken = Readable.from(
        (function* () {
          yield Buffer.alloc(100_000);
          throw new Error('the source broke');
        })(),
      );
      await expect(workspace.put(s, 'f', broken)).rejects.toThrow('the source broke');
      expect(await text((await workspace.get(s, 'f')).content)).toBe('old');
      expect((await workspace.list(s, { system: true })).map((f) => f.path)).toEqual(['f']);
    });

    test('many writers of one file leave one of theirs whole', async () => {
      const s = scope();
      await Promise.all(
        Array.from({ length: 10 }, (_, i) => workspace.put(s, 'f', Buffer.alloc(50_000, `${i}`))),
      );
      const content = await buffer((await workspace.get(s, 'f')).content);
      expect(content.length).toBe(50_000);
      expect(new Set(content).size).toBe(1);
    });

    test('of many that create one file exactly one does, and all then see what it wrote', async () => {
      const s = scope();
      const contents = Array.from({ length: 20 }, (_, i) => `content ${i}`);
      const created = await Promise.all(
        contents.map(async (content) => {
          const did = await workspace.create(s, 'claims/one', content);
          return { did, seen: await text((await workspace.get(s, 'claims/one')).content) };
        }),
      );
      expect(created.filter(({ did }) => did)).toHaveLength(1);
      expect(new Set(created.map(({ seen }) => seen)).size).toBe(1);
      expect(contents).toContain(created[0]?.seen);
    });

    test('lists by path, with prefix, and the system folder only when asked', async () => {
      const s = scope();
      for (const path of ['b', 'a/2', 'a/1', 'ab', '.perdure/outputs/x.json', 'é/ü'])
        await workspace.put(s, path, '');
      const paths = async (options?: { prefix?: string; system?: boolean }) =>
        (await workspace.list(s, options)).map((f) => f.path);
      expect(await paths()).toEqual(['a/1', 'a/2', 'ab', 'b', 'é/ü']);
      expect(await paths({ prefix: 'a/' })).toEqual(['a/1', 'a/2']);
      expect(await paths({ system: true, prefix: '.perdure/' })).toEqual(['.perdure/outputs/x.json']);
      expect(await workspace.list(scope())).toEqual([]);
    });

    test('one spelling of a name, however it was composed', async () => {
      const s = scope();
      await workspace.put(s, 'e\u0301', '1');
      expect(await workspace.stat(s, '\u00e9')).toMatchObject({ path: '\u00e9' });
    });

    test('deletes, and says whether there was anything', async () => {
      const s = scope();
      await workspace.put(s, 'a/b/c', '1');
      expect(await workspace.delete(s, 'a/b/c')).toBe(true);
      expect(await workspace.delete(s, 'a/b/c')).toBe(false);
      expect(await workspace.stat(s, 'a/b/c')).toBeNull();
      await workspace.put(s, 'a/b', 'now a file');
      await workspace.deleteAll(s);
      expect(await workspace.list(s, { system: true })).toEqual([]);
    });

    test('runs and tenants are apart, also when their names begin alike', async () => {
      const s = scope();
      await workspace.put(s, 'mine', '1');
      expect(await workspace.list({ ...s, tenantId: 't10' })).toEqual([]);
      expect(await workspace.list({ ...s, runId: `${s.runId}0` })).toEqual([]);
      expect(await workspace.stat({ tenantId: '..', runId: `t1/${s.runId}` }, 'mine')).toBeNull();
    });

    test('what is not there is not found', async () => {
      await expect(workspace.get(scope(), 'nothing')).rejects.toMatchObject({ code: 'file_not_found' });
      expect(await workspace.stat(scope(), 'no/such/folder')).toBeNull();
    });

    test.each([
      '',
      '../x',
      'a/../../x',
      '/etc/passwd',
      'a//b',
      './a',
      'a\0b',
      'a\\b',
      '%2e%2e/x',
      'a/%2e%2e%2fx',
      'C:x',
    ])('the path %j is refused everywhere', async (path) => {
      const s = scope();
      const refused = { code: 'invalid_path' };
      await expect(workspace.put(s, path, 'x')).rejects.toMatchObject(refused);
      await expect(workspace.get(s, path)).rejects.toMatchObject(refused);
      await expect(workspace.stat(s, path)).rejects.toMatchObject(refused);
      await expect(workspace.delete(s, path)).rejects.toMatchObject(refused);
    });

    test('writes on a condition: only where there is nothing, or only over what was read', async () => {
      const s = scope();
      const failed = { code: 'precondition_failed' };
      const first = await workspace.put(s, 'c', 'one', 'absent');
      await expect(workspace.put(s, 'c', 'two', 'absent')).rejects.toMatchObject(failed);
      const second = await workspace.put(s, 'c', 'two', { etag: first.etag });
      await expect(workspace.put(s, 'c', 'three', { etag: first.etag })).rejects.toMatchObject(failed);
      await expect(workspace.put(s, 'none', 'x', { etag: first.etag })).rejects.toMatchObject(failed);
      const large = (): Readable => Readable.from(Array.from({ length: 9 }, () => Buffer.alloc(1_000_000)));
      await expect(workspace.put(s, 'c', large(), 'absent')).rejects.toMatchObject(failed);
      expect(await workspace.stat(s, 'c')).toEqual(second);
      const writers = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => workspace.put(s, 'c', `${i}`, { etag: second.etag })),
      );
      expect(writers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('a file of no bytes, and names with blanks, percent and plus signs', async () => {
      const s = scope();
      const names = ['%41', 'a b', 'a+b', 'empty', 'ü/😀 &<>"\'#?'];
      for (const name of names) await workspace.put(s, name, name === 'empty' ? '' : name);
      for (const name of names)
        expect(await text((await workspace.get(s, name)).content)).toBe(name === 'empty' ? '' : name);
      expect((await workspace.list(s)).map((f) => f.path).toSorted()).toEqual(names.toSorted());
      expect(await workspace.usedBytes(s)).toBe(
        names.reduce((sum, name) => sum + (name === 'empty' ? 0 : Buffer.byteLength(name)), 0),
      );
    });

    test('a large source that breaks leaves nothing, not even parts of it', async () => {
      const s = scope();
      const broken = Readable.from(
        (function* () {
          for (let i = 0; i < 20; i++) yield Buffer.alloc(1_000_000);
          throw new Error('the source broke late');
        })(),
      );
      await expect(workspace.put(s, 'f', broken)).rejects.toThrow('the source broke late');
      expect(await workspace.list(s, { system: true })).toEqual([]);
    });

    test('more than 1,000 files are listed whole, in order, and deleted; others stay', async () => {
      const s = { tenantId: 't1', runId: 'many' };
      const others = [
        { tenantId: 't10', runId: 'many' },
        { tenantId: 't1', runId: 'many0' },
        { tenantId: 't1/many', runId: 'x' },
      ];
      for (const other of others) await workspace.put(other, 'stays', 'x');
      const paths = Array.from({ length: 1_100 }, (_, i) => `f${String(i).padStart(4, '0')}`);
      for (let i = 0; i < paths.length; i += 50)
        await Promise.all(paths.slice(i, i + 50).map((path) => workspace.put(s, path, 'x')));
      expect((await workspace.list(s)).map((f) => f.path)).toEqual(paths);
      await workspace.deleteAll(s);
      await workspace.deleteAll(s);
      expect(await workspace.list(s, { system: true })).toEqual([]);
      for (const other of others) expect(await workspace.usedBytes(other)).toBe(1);
    }, 120_000);

    test('a tenant goes with the files of all its runs, and one whose name begins alike stays', async () => {
      const tenantId = `leaving-${randomUUID()}`;
      const [one, two, other] = [
        { tenantId, runId: randomUUID() },
        { tenantId, runId: randomUUID() },
        { tenantId: `${tenantId}0`, runId: randomUUID() },
      ];
      for (const each of [one, two, other]) await workspace.put(each, 'a/b.txt', 'x');
      await workspace.put(one, '.perdure/outputs/x.json', '1');
      await workspace.deleteTenant(tenantId);
      await workspace.deleteTenant(tenantId);
      for (const each of [one, two]) expect(await workspace.list(each, { system: true })).toEqual([]);
      expect(await workspace.usedBytes(other)).toBe(1);
      await workspace.deleteTenant(other.tenantId);
    });

    test('answers its check', async () => {
      await expect(workspace.check()).resolves.toBeUndefined();
    });
  });
}
