/** Installs what package-lock.json asks for when it is not there yet; works before node_modules exists. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, withSetupLock } from './setup-lock.mjs';

export { ensureBuilt } from './build.mjs';

/** @param {string} root the folder of package.json */
export async function ensureInstalled(root) {
  const wanted = installStamp(root);
  const stampFile = path.join(root, 'node_modules', '.perdure-stamp');
  const isInstalled = () => readIfThere(stampFile) === wanted && isUndamaged(root);
  if (isInstalled()) return;
  await withSetupLock(path.join(root, 'dist.lock'), async (share) => {
    if (isInstalled()) return;
    // An `npm ci` done by hand, in an image, or by a start killed meanwhile counts: only its stamp is missing.
    const adopted = !existsSync(stampFile) && isComplete(root);
    if (!adopted) {
      console.error('Installing dependencies (npm ci) ...');
      rmSync(stampFile, { force: true });
      // npm writes its record last: one that is there after this tells of an install that came to its end.
      rmSync(recordFileOf(root), { force: true });
      await npmCi(root, share);
    }
    try {
      writeAtomically(stampFile, wanted);
    } catch (error) {
      // A read-only install that is complete serves as it is; it is only checked again next time.
      if (!adopted) throw error;
    }
  });
}

function installStamp(root) {
  const lockfile = readIfThere(path.join(root, 'package-lock.json'));
  if (lockfile === null) throw new SetupError(`package-lock.json is missing in ${root}.`);
  const nodeMajor = process.versions.node.split('.')[0];
  const hash = createHash('sha256').update(lockfile).digest('hex');
  return `${hash} node${nodeMajor} ${process.platform}-${process.arch}\n`;
}

/** Whether npm's own record of node_modules has everything that package-lock.json asks for here. */
function isComplete(root) {
  const installed = readRecord(root);
  if (installed === null) return false;
  const asked = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(asked).every(([where, wanted]) => {
    if (where === '' || !isForThisMachine(wanted)) return true;
    return isThere(root, where) && installed[where]?.version === wanted.version;
  });
}

/**
 * Whether what npm has on record is still there. Unlike isComplete it takes npm's word for what belongs here,
 * so that a fresh install always passes.
 */
function isUndamaged(root) {
  const installed = readRecord(root);
  if (installed === null) return false;
  return Object.entries(installed).every(
    ([where, entry]) => !isForThisMachine(entry) || isThere(root, where),
  );
}

const isThere = (root, where) => existsSync(path.join(root, where, 'package.json'));
const recordFileOf = (root) => path.join(root, 'node_modules', '.package-lock.json');

/** @returns null when npm has not come to write it, or it is damaged */
function readRecord(root) {
  try {
    return JSON.parse(readIfThere(recordFileOf(root)))?.packages ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isForThisMachine(entry) {
  if (entry.libc !== undefined) return false;
  if (entry.os === undefined && entry.cpu === undefined) return !(entry.optional || entry.devOptional);
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch);
}

const allows = (list, value) =>
  list === undefined || list.includes(value) || (list[0]?.startsWith('!') && !list.includes(`!${value}`));

async function npmCi(root, share) {
  // `npm start` says which npm it is; a machine may have several, or none on PATH.
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
  const code = await new Promise((resolve, reject) => {
    // No package needs its install script here, so none gets to run one.
    const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
    const child = spawn(command, args, {
      cwd: root,
      // npm's report is for people: standard output stays free for what the command itself prints.
      stdio: ['ignore', process.stderr, process.stderr],
      // Development tools build and test this folder, whatever the shell says about production.
      env: { ...process.env, NODE_ENV: '', npm_config_omit: '' },
    });
    if (child.pid !== undefined) share(child.pid);
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve(status ?? signal));
  }).catch((error) => {
    throw new SetupError(`npm could not be started (${error.code}); install Node.js with npm.`, {
      cause: error,
    });
  });
  if (code !== 0)
    throw new SetupError(`npm ci failed (${code}); its own message is above. Correct that and start again.`);
}

function writeAtomically(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}
