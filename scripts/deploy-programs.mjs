/** The programs by which what is deployed is checked: fetched once, each in the version that is named. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'perdure');

/** @returns what it wrote @throws what it said, where it ends otherwise than well */
export function run(program, argv, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, argv, {
    cwd: root,
    encoding: 'utf8',
    ...options,
  });
  if (status === 0) return stdout;
  // Of many checks only those that failed.
  const said = `${stdout}${stderr}`.replaceAll(/^\[(?:OK|SKIPPED)\].*\n/gm, '');
  throw new Error(`${path.basename(program)} ${argv.join(' ')}: ${error?.message ?? said}`);
}

/** Built once, by the Go module proxy. */
export function goProgram(module, version) {
  const folder = path.join(cache, `${path.basename(module)}-${version}`);
  const file = path.join(folder, path.basename(module));
  if (existsSync(file)) return file;
  console.error(`Building ${path.basename(module)} ${version} with Go; the first time only.`);
  mkdirSync(folder, { recursive: true });
  run('go', ['install', `${module}@v${version}`], { env: { ...process.env, GOBIN: folder } });
  return file;
}

/**
 * Programs of a module that is made for it, each from its `<name>/main.go`: where none can be installed as it is.
 * @param sources text by file, go.mod among them
 * @param linked what the linker is told beside
 * @returns the folder that holds them
 */
export function goPrograms(name, sources, linked = '') {
  const folder = path.join(cache, name);
  if (existsSync(folder)) return folder;
  console.error(`Building ${name} with Go; the first time only.`);
  const source = mkdtempSync(path.join(os.tmpdir(), 'perdure-go-'));
  try {
    for (const [file, text] of Object.entries(sources)) {
      mkdirSync(path.dirname(path.join(source, file)), { recursive: true });
      writeFileSync(path.join(source, file), text);
    }
    run('go', ['mod', 'tidy'], { cwd: source });
    const built = path.join(source, 'built');
    mkdirSync(built);
    run('go', ['build', '-ldflags', `-s -w ${linked}`, '-o', `${built}/`, './...'], { cwd: source });
    mkdirSync(cache, { recursive: true });
    // Whole or not at all: a build that was cut off is made again.
    cpSync(built, `${folder}.new`, { recursive: true });
    renameSync(`${folder}.new`, folder);
    return folder;
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}
