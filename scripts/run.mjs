/** `node scripts/run.mjs setup|start|perdure|demo|test|faults|bench`: what npm's scripts call, on a bare checkout too. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { exitCodeOf } from './for-people.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Each command prepares what it needs and answers the exit code, or undefined to live on. */
const commands = {
  setup: async () => {
    const { ensureInstalled } = await import('./bootstrap.mjs');
    await ensureInstalled(root);
    return 0;
  },
  start: (argv) => runBuilt('src/cli/main.js', ['dev', ...argv]),
  perdure: (argv) => runBuilt('src/cli/main.js', argv),
  demo: (argv) => runBuilt('src/cli/demo.js', argv),
  test: async (argv) => {
    const { ensureInstalled, ensureBuilt } = await import('./bootstrap.mjs');
    await ensureInstalled(root);
    await ensureBuilt(root);
    const { runTests } = await import('./run-tests.mjs');
    return runTests(root, argv);
  },
  faults: async (argv) => {
    const { ensureInstalled, ensureBuilt } = await import('./bootstrap.mjs');
    await ensureInstalled(root);
    await ensureBuilt(root);
    const { runFaults } = await import('./run-faults.mjs');
    return runFaults(root, argv);
  },
  bench: async (argv) => {
    const { ensureInstalled, ensureBuilt } = await import('./bootstrap.mjs');
    await ensureInstalled(root);
    await ensureBuilt(root);
    const { runBench } = await import('./run-bench.mjs');
    return runBench(root, argv);
  },
};

async function runBuilt(file, argv) {
  // Without what prepares a clone this is an installed package: dist/ came with it, and .env is its caller's.
  const isClone = existsSync(path.join(root, 'scripts', 'bootstrap.mjs'));
  loadEnvFile(path.join(isClone ? root : process.cwd(), '.env'));
  if (isClone) {
    const { ensureInstalled, ensureBuilt } = await import('./bootstrap.mjs');
    await ensureInstalled(root);
    await ensureBuilt(root);
  }
  // Stack traces then name the TypeScript sources.
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(path.join(root, 'dist', file)).href);
  await main(argv);
  return undefined;
}

/** What the shell sets goes before what the file says. */
function loadEnvFile(file) {
  if (!existsSync(file)) return;
  if (process.loadEnvFile === undefined)
    throw Object.assign(new Error('reading .env needs Node.js 20.12 or later.'), { name: 'SetupError' });
  process.loadEnvFile(file);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 3)) return true;
  console.error(`perdure: Node.js 20.3 or later is needed, and this is ${process.versions.node}.`);
  return false;
}

async function run([name, ...argv]) {
  if (!checkNode()) return 1;
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`perdure: use one of: ${Object.keys(commands).join(', ')}.`);
    return 2;
  }
  try {
    return await command(argv);
  } catch (error) {
    return exitCodeOf(error);
  }
}

const code = await run(process.argv.slice(2));
// A failed start ends here even when something it opened is still open; a running server lives on.
if (code !== undefined) process.exit(code);
