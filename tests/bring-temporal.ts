/**
 * Before the first test: the Temporal server, which on a fresh machine may have to be built, for minutes. No test's time
 * is for that.
 */
import { cacheDirFrom, findTemporal } from '../src/adapters/embedded/temporal-binary.js';

export default async function bringTemporal(): Promise<void> {
  const say = (sentence: string): void => {
    process.stdout.write(`${sentence}\n`);
  };
  await findTemporal({ env: process.env, cacheDir: cacheDirFrom(process.env), onProgress: say }).catch(
    // Whoever needs it fails by itself, and many tests do not.
    (error: unknown) => {
      say(`The tests that need Temporal will fail: ${String(error)}`);
    },
  );
}
