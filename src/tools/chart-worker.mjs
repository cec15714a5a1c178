// Draws one chart; expressions are interpreted, never compiled, and nothing is loaded.
import { parentPort, workerData } from 'node:worker_threads';
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile } from 'vega-lite';

const warnings = [];
const note = (...parts) => {
  if (warnings.length < 20) warnings.push(parts.join(' ').slice(0, 500));
  return logger;
};
const quiet = () => logger;
const logger = { level: quiet, error: note, warn: note, info: quiet, debug: quiet };
const refuse = () => Promise.reject(new Error('a chart loads no addresses: give its rows in data'));
const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

try {
  const { spec } = compile(workerData, { logger });
  const view = new View(parse(spec, null, { ast: true }), {
    expr: expressionInterpreter,
    renderer: 'none',
    loader,
    logger,
  });
  const svg = await view.toSVG();
  const refused = warnings.find((warning) => warning.includes('loads no addresses'));
  if (refused !== undefined) throw new Error(refused);
  parentPort.postMessage({ ok: true, value: { svg, warnings } });
} catch (error) {
  parentPort.postMessage({ ok: false, message: String(error?.message ?? error).slice(0, 2_000) });
}
