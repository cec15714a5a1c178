import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspaceSuite } from '../../../tests/port-suites/workspace.suite.js';
import { createLocalWorkspace } from './local-workspace.js';

workspaceSuite('a local directory', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'perdure-workspace-'));
  return { workspace: createLocalWorkspace(root), release: () => rm(root, { recursive: true }) };
});

const scope = { tenantId: 't', runId: 'r' };
let base: string;
let folder: string;
beforeAll(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'perdure-links-'));
  folder = path.join(base, 'root', 't', 'r');
  await mkdir(folder, { recursive: true });
  await mkdir(path.join(base, 'outside'));
  await writeFile(path.join(base, 'outside', 'secret'), 'secret');
  await symlink(path.join(base, 'outside'), path.join(folder, 'folder-link'));
  await symlink(path.join(base, 'outside', 'secret'), path.join(folder, 'file-link'));
  await link(path.join(base, 'outside', 'secret'), path.join(folder, 'hard-link'));
});
afterAll(() => rm(base, { recursive: true }));

test.each(['file-link', 'folder-link/secret', 'hard-link'])(
  'a link out is not followed: %s',
  async (file) => {
    const workspace = createLocalWorkspace(path.join(base, 'root'));
    expect(await workspace.stat(scope, file)).toBeNull();
    await expect(workspace.get(scope, file)).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await workspace.delete(scope, file)).toBe(false);
    expect(await workspace.list(scope)).toEqual([]);
  },
);

test('nothing is written through a link to a folder', async () => {
  const workspace = createLocalWorkspace(path.join(base, 'root'));
  await expect(workspace.put(scope, 'folder-link/new', 'x')).rejects.toMatchObject({ code: 'invalid_path' });
});

test('a path cannot be a file and a folder at once', async () => {
  const workspace = createLocalWorkspace(path.join(base, 'root'));
  await workspace.put(scope, 'both', 'x');
  await expect(workspace.put(scope, 'both/below', 'x')).rejects.toMatchObject({ code: 'invalid_path' });
  await workspace.put(scope, 'dir/below', 'x');
  await expect(workspace.put(scope, 'dir', 'x')).rejects.toMatchObject({ code: 'invalid_path' });
});
