// Runs one piece of code in QuickJS. Its own memory limit does not hold typed arrays; the size of the
// WebAssembly memory does.
import { parentPort, workerData } from 'node:worker_threads';
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';

const MAX_RESULT = 1_000_000;
const MAX_LOGS = 100;
const { code, data, timeLimitMs } = workerData;
const logs = [];
// Pages of 64 KB: 16 MB at first, 64 MB at most.
const MEMORY_PAGES = { initial: 256, maximum: 1024 };

const OUT_OF_MEMORY = 'used more memory than it may';
/** It grows by a twentieth at least, and where that is too much not at all. */
const isFull = (memory) => memory.buffer.byteLength > MEMORY_PAGES.maximum * 65_536 * 0.9;

const answer = (message) => parentPort.postMessage(message);
const fail = (message, limit = false) =>
  answer({ ok: false, message: String(message).slice(0, 2_000), limit });

try {
  const wasmMemory = new WebAssembly.Memory(MEMORY_PAGES);
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory }));
  const context = quickjs.newContext();
  const deadline = performance.now() + timeLimitMs;
  let late = false;
  context.runtime.setInterruptHandler(() => {
    late ||= performance.now() > deadline;
    return late;
  });
  context.runtime.setMaxStackSize(256 * 1024);

  const textOf = (handle) => {
    const type = context.typeof(handle);
    if (type === 'string') return context.getString(handle);
    if (type === 'bigint') return `${context.dump(handle)}n`;
    const value = context.dump(handle);
    // What is no JSON comes as a text: a cycle, a symbol.
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  };
  const log = context.newFunction('log', (...values) => {
    if (logs.length >= MAX_LOGS) return;
    logs.push(values.map(textOf).join(' ').slice(0, 500));
  });
  const consoleObject = context.newObject();
  for (const name of ['log', 'info', 'warn', 'error']) context.setProp(consoleObject, name, log);
  context.setProp(context.global, 'console', consoleObject);
  context.setProp(context.global, '__data', context.newString(data));

  const program = `(() => {
    const data = JSON.parse(__data);
    delete globalThis.__data;
    return Promise.resolve((async function (data) {
${code}
    })(data)).then((value) => {
      const json = JSON.stringify(value === undefined ? null : value);
      return json === undefined ? 'null' : json;
    });
  })()`;
  const describe = (handle) => {
    const error = context.dump(handle);
    if (late) return [`took longer than ${timeLimitMs} ms`, true];
    if (error === null || typeof error !== 'object')
      // Without memory the engine cannot even make an error and throws null, as anyone may.
      return error === null && isFull(wasmMemory) ? [OUT_OF_MEMORY, true] : [`threw ${String(error)}`];
    const { name = 'Error', message = '' } = error;
    if (name === 'InternalError' && /out of memory|string too long/.test(message))
      return [`${OUT_OF_MEMORY}: ${message}`, true];
    return [`${name}: ${message}`];
  };
  const evaluated = context.evalCode(program, 'code.js');
  if (evaluated.error) fail(...describe(evaluated.error));
  else {
    const jobs = context.runtime.executePendingJobs();
    if (jobs.error) fail(...describe(jobs.error));
    else {
      const state = context.getPromiseState(evaluated.value);
      if (state.type === 'rejected') fail(...describe(state.error));
      else if (state.type === 'pending')
        fail(
          late ? `took longer than ${timeLimitMs} ms` : 'the code waits for a promise that nothing settles',
          late,
        );
      else {
        const json = context.getString(state.value);
        if (json.length > MAX_RESULT)
          fail(`the result has ${json.length} characters, at most ${MAX_RESULT} are allowed`, true);
        else answer({ ok: true, value: { json, logs } });
      }
    }
  }
} catch (error) {
  // The engine itself broke: without memory it cannot even make its own error.
  fail(`${OUT_OF_MEMORY} (${error?.message ?? error})`, true);
}
