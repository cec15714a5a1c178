#!/usr/bin/env node
/** The entry of images: `node scripts/built.mjs api`, from dist/ as it is. Nothing is installed or built. */
import { exitCodeOf } from './for-people.mjs';

// Stack traces then name the TypeScript sources.
process.setSourceMapsEnabled(true);
try {
  const { main } = await import('../dist/src/cli/main.js');
  await main(process.argv.slice(2));
} catch (error) {
  process.exit(exitCodeOf(error));
}
