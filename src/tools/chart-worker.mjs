// Draws one chart, in a process of its own: an array of a billion ends the process, and no thread's limit holds
// that. Expressions are interpreted, never compiled, nothing is loaded and nothing leads outside.
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
const LOADS_NOTHING = 'a chart loads no addresses: give its rows in data';
let loads = false;
const refuse = () => {
  loads = true;
  return Promise.reject(new Error(LOADS_NOTHING));
};
let leadsOutside = false;
/** Asked about the address of each link and image; a rejection would be lost or break the renderer. */
const sanitize = () => {
  leadsOutside = true;
  return Promise.resolve({ href: '' });
};
const loader = { load: refuse, sanitize, http: refuse, file: refuse };

/** Colours, cursors and the like are CSS, where `url(...)` names something outside unless it begins with "#". */
const outside = /:\/\/|\b(?:url|src|image|image-set)\s*\((?!#)|\\/i;
const isOutside = ([, name, value]) => {
  if (name === 'href' || name === 'xlink:href') return !value.startsWith('#');
  // Namespaces name nothing to load, and what is read aloud is text.
  return !/^(?:xmlns|aria-)/.test(name) && outside.test(value);
};
/** In the renderer's markup every ">" and quote of a text or a value is escaped. */
const hasOutside = (svg) =>
  [...svg.matchAll(/<[^>]*>/g)].some(([tag]) => [...tag.matchAll(/ ([\w:-]+)="([^"]*)"/g)].some(isOutside));

// Signals are for the parent, which ends this process itself or by its own end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit());
process.once('message', (specification) => {
  draw(specification).then(
    (value) => process.send({ ok: true, value }),
    (error) => process.send({ ok: false, message: String(error?.message ?? error).slice(0, 2_000) }),
  );
});

async function draw(specification) {
  const { spec } = compile(specification, { logger });
  const view = new View(parse(spec, null, { ast: true }), {
    expr: expressionInterpreter,
    renderer: 'none',
    loader,
    logger,
  });
  const svg = await view.toSVG();
  // A failed load is only a warning, and one of many is left out.
  if (loads) throw new Error(LOADS_NOTHING);
  if (leadsOutside || hasOutside(svg)) throw new Error('a chart has no links and loads no images');
  return { svg, warnings };
}
