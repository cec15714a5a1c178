/** `npm run faults -- --minutes 30 --seed 7 [--runs 500]`: the storm of tests/faults for as long as is wanted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** @returns the exit code: 0 only if every invariant held */
export async function runFaults(root, argv) {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: { minutes: { type: 'string' }, seed: { type: 'string' }, runs: { type: 'string' } },
    }));
  } catch (error) {
    console.error(`perdure: ${error.message}`);
    return 2;
  }
  const { minutes = '10', seed = String(Math.floor(Math.random() * 1e9)), runs } = values;
  for (const [name, value] of Object.entries({ minutes, seed, runs: runs ?? '1' }))
    if (!/^\d+$/.test(value)) {
      console.error(`perdure: --${name} must be a whole number, but is ${JSON.stringify(value)}`);
      return 2;
    }
  console.error(`The seed is ${seed}: --seed ${seed} has the same runs again.`);
  const child = spawn(
    process.execPath,
    [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'tests/faults/storm.test.ts'],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        PERDURE_FAULT_MINUTES: minutes,
        PERDURE_FAULT_SEED: seed,
        ...(runs === undefined ? {} : { PERDURE_FAULT_RUNS: runs }),
      },
    },
  );
  const [code] = await once(child, 'close');
  return code ?? 1;
}
