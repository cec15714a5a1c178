/** The tracer where nothing is traced. */
import type { Span, Tracer } from './tracer.js';

const noSpan: Span = {
  rename: () => undefined,
  set: () => undefined,
  run: (act) => act(),
  end: () => undefined,
};

export const noTracer: Tracer = {
  open: () => noSpan,
  within: (_span, act) => act(noSpan),
  bind: (act) => act,
  carrier: () => undefined,
  headersFor: () => ({}),
  ids: () => undefined,
  showsContent: false,
};
