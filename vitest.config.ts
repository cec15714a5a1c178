import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contracts,workflows,activities,src,console,scripts,tests}/**/*.test.ts'],
    globalSetup: ['tests/bring-temporal.ts'],
    // Real servers start and stop in here; two cores do not always hurry.
    testTimeout: 120_000,
    // Some servers of the tests are built by Go the first time.
    hookTimeout: 600_000,
    // What is waited for ends the wait when it is there; without this it must be there within a second.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
    // Waits for nothing by itself: a leaked handle shows as a process that does not end.
    teardownTimeout: 10_000,
  },
});
