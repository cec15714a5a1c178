// Renders one Liquid template. The engine looks at its limits between tags: a thread of its own can be ended.
import { parentPort, workerData } from 'node:worker_threads';
import { Liquid, LiquidError } from 'liquidjs';

const refused = () => {
  throw new Error('a template cannot include other files');
};
const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  relativeReference: false,
  parseLimit: 1_000_000,
  renderLimit: 5_000,
  memoryLimit: 50_000_000,
  fs: {
    exists: () => Promise.resolve(false),
    existsSync: () => false,
    readFile: refused,
    readFileSync: refused,
    resolve: (_root, file) => file,
    contains: () => Promise.resolve(false),
    containsSync: () => false,
    sep: '/',
  },
});

try {
  const text = String(await engine.parseAndRender(workerData.template, workerData.data));
  parentPort.postMessage({ ok: true, value: text });
} catch (error) {
  const message = String(error?.message ?? error).slice(0, 2_000);
  const limit = LiquidError.is(error) && /(?:parse|render|memory alloc|template) limit/i.test(message);
  parentPort.postMessage({ ok: false, message, limit });
}
