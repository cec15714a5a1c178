/** Turns the TypeScript sources into dist/, once for each state of the sources. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from './build-console.mjs';
import { SetupError, withSetupLock } from './setup-lock.mjs';

const SOURCE_FOLDERS = ['contracts', 'workflows', 'activities', 'src'];
const COPIED = ['.mjs', '.cjs', '.sql', '.json'];
const WORKFLOW_ENTRY = path.join('workflows', 'index.ts');
const WORKFLOW_INTERCEPTORS = path.join('workflows', 'trace.ts');
const WORKFLOW_BUNDLE = 'workflow-bundle.js';
/** Beside its own folder: what the web console is bundled from. */
const CONSOLE = 'console';

/**
 * Brings dist/ up to date: each source file transpiled on its own, assets copied, the workflow bundle that
 * Temporal's sandbox loads, and the web console. A build that fails or is cut off leaves the old dist/ as it was.
 * @param {string} root the folder of package.json
 */
export async function ensureBuilt(root) {
  if (isCurrent(root, stampOf(root))) return;
  await withSetupLock(path.join(root, 'dist.lock'), async () => {
    const stamp = stampOf(root);
    if (isCurrent(root, stamp)) return;
    if (!existsSync(path.join(root, WORKFLOW_ENTRY)))
      throw new SetupError(`${WORKFLOW_ENTRY} is missing, and without it there is no workflow to bundle.`);
    for (const name of readdirSync(root))
      if (/^dist\.(?:tmp|old)-\d+$/.test(name)) rmSync(path.join(root, name), { recursive: true });
    // Beside dist/ and as deep, so that the source maps' relative paths hold after the rename.
    const temporary = path.join(root, `dist.tmp-${process.pid}`);
    try {
      await build(root, temporary, stamp);
      swap(root, temporary);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
}

async function build(root, out, stamp) {
  console.error('Building ...');
  mkdirSync(out);
  const files = sourceFiles(root);
  const entryPoints = files.filter((file) => file.endsWith('.ts')).map((file) => path.join(root, file));
  const esbuild = await fromRoot(root, 'esbuild');
  await esbuild
    .build({
      entryPoints,
      outbase: root,
      outdir: out,
      bundle: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'linked',
      logLevel: 'error',
    })
    .catch((error) => {
      throw new SetupError('the sources could not be transpiled; the compiler’s message is above.', {
        cause: error,
      });
    });
  for (const file of files.filter((name) => !name.endsWith('.ts')))
    cpSync(path.join(root, file), path.join(out, file));
  await Promise.all([
    writeWorkflowBundle(root, out, stamp.workflows),
    writeConsole(root, out, stamp.console, esbuild),
  ]);
  // Listed, so that a dist/ of which something was deleted since does not pass for a build.
  writeFileSync(path.join(out, '.stamp'), JSON.stringify({ ...stamp, files: listFiles(out, '.') }));
}

async function writeWorkflowBundle(root, out, wanted) {
  const old = path.join(root, 'dist', WORKFLOW_BUNDLE);
  if (readStamp(root).workflows === wanted && existsSync(old)) {
    cpSync(old, path.join(out, WORKFLOW_BUNDLE));
    return;
  }
  const { bundleWorkflowCode, DefaultLogger } = await fromRoot(root, '@temporalio/worker');
  // From the sources and not from dist/, so that a workflow's stack trace names the file one edits.
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, WORKFLOW_ENTRY),
    // Loaded once and not for each run: our modules keep no state of their own (eslint.config.js holds that).
    preloadModules: [path.join(root, WORKFLOW_ENTRY), path.join(root, WORKFLOW_INTERCEPTORS)],
    workflowInterceptorModules: [path.join(root, WORKFLOW_INTERCEPTORS)],
    payloadConverterPath: path.join(root, 'workflows', 'payload-converter.ts'),
    failureConverterPath: path.join(root, 'workflows', 'failure-converter.ts'),
    logger: new DefaultLogger('ERROR'),
  }).catch((error) => {
    throw new SetupError(`the workflows could not be bundled: ${error.message}`, { cause: error });
  });
  writeFileSync(path.join(out, WORKFLOW_BUNDLE), code);
}

async function writeConsole(root, out, wanted, esbuild) {
  if (!existsSync(path.join(root, CONSOLE, 'main.tsx'))) return;
  const [old, made] = [path.join(root, 'dist', CONSOLE), path.join(out, CONSOLE)];
  const { console: before, files = [] } = readStamp(root);
  const isWhole = files.every((file) => !isOfConsole(file) || existsSync(path.join(root, 'dist', file)));
  if (before === wanted && isWhole && existsSync(old)) {
    cpSync(old, made, { recursive: true });
    return;
  }
  await buildConsole({ root, out: made, esbuild }).catch((error) => {
    throw new SetupError(`the console could not be bundled: ${error.message}`, { cause: error });
  });
}

const isOfConsole = (file) => file.startsWith(`${CONSOLE}${path.sep}`);

function swap(root, temporary) {
  const dist = path.join(root, 'dist');
  const old = path.join(root, `dist.old-${process.pid}`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(temporary, dist);
  rmSync(old, { recursive: true, force: true });
}

function isCurrent(root, stamp) {
  const { all, files = [] } = readStamp(root);
  return all === stamp.all && files.every((file) => existsSync(path.join(root, 'dist', file)));
}

function readStamp(root) {
  try {
    return JSON.parse(readFileSync(path.join(root, 'dist', '.stamp'), 'utf8'));
  } catch {
    // Missing or half-written: there is no build to trust.
    return {};
  }
}

function stampOf(root) {
  const tools = [
    ...['esbuild', '@temporalio/worker', '@temporalio/workflow', '@temporalio/common'].map(
      (name) => `${name} ${versionOf(root, name)}`,
    ),
    readBeside('build.mjs'),
    readIfThere(root, 'tsconfig.json'),
  ];
  const files = sourceFiles(root);
  const workflowFiles = files.filter((file) => /^(?:workflows|contracts)[\\/]/.test(file));
  const consoleFiles = [
    ...listFiles(root, CONSOLE).filter((file) => !file.includes('.test.')),
    ...files.filter((file) => /^(?:contracts|src[\\/]client)[\\/]/.test(file)),
  ].sort();
  // What is bundled with it is of many packages, and the lockfile names them all.
  const consoleTools = [...tools, readBeside('build-console.mjs'), readIfThere(root, 'package-lock.json')];
  const ofConsole = hashOf(root, consoleFiles, consoleTools);
  return {
    all: hashOf(root, files, [...tools, ofConsole]),
    workflows: hashOf(root, workflowFiles, tools),
    console: ofConsole,
  };
}

const readBeside = (name) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
const readIfThere = (root, name) =>
  existsSync(path.join(root, name)) ? readFileSync(path.join(root, name), 'utf8') : '';

function hashOf(root, files, tools) {
  const hash = createHash('sha256').update(JSON.stringify(tools));
  for (const file of files) {
    const content = readFileSync(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Paths relative to the root, sorted, of all that ends up in dist/. */
function sourceFiles(root) {
  const found = SOURCE_FOLDERS.flatMap((folder) => listFiles(root, folder)).filter((file) => {
    if (file.endsWith('.ts')) return !file.endsWith('.test.ts') && !file.endsWith('.d.ts');
    return COPIED.includes(path.extname(file)) && path.basename(file) !== 'tsconfig.json';
  });
  return [...found, ...listFiles(root, path.join('deploy', 'migrations'))].sort();
}

function listFiles(root, folder) {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : listFiles(root, name);
    return entry.isFile() ? [name] : [];
  });
}

function versionOf(root, name) {
  return JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Resolved from the root and imported late: this file is loaded before node_modules exists. */
function fromRoot(root, name) {
  const require = createRequire(path.join(root, 'package.json'));
  return Promise.resolve(require(name));
}
