#!/usr/bin/env node
/** `npx perdure` in a clone: the same as `npm run perdure --`. */
process.argv.splice(2, 0, 'perdure');
await import('./run.mjs');
