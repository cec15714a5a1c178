/**
 * `npm run faults -- --minutes 30 --seed 7 [--runs 500]`: tests/faults for as long as is wanted: a storm of killed workers
 * and restarted back ends until so many runs are submitted, then every other trouble, for what is left of the time.
 */
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
  const until = Date.now() + Number(minutes) * 60_000;
  const passes = async (file, env) => {
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', `tests/faults/${file}`], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PERDURE_FAULT_SEED: seed, ...env },
    });
    const [code] = await once(child, 'close');
    return code === 0;
  };
  const isWeathered = await passes('storm.test.ts', {
    PERDURE_FAULT_MINUTES: minutes,
    ...(runs === undefined ? {} : { PERDURE_FAULT_RUNS: runs }),
  });
  const left = Math.max(0, Math.round((until - Date.now()) / 60_000));
  const isCalm = await passes('weather.test.ts', { PERDURE_FAULT_MINUTES: String(left) });
  const isLarge = await passes('large.test.ts', { PERDURE_FAULT_MINUTES: '0' });
  return isWeathered && isCalm && isLarge ? 0 : 1;
}
