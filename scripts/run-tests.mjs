/** Runs vitest with a deadline and ends with one line that counts what happened. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const DEADLINE_MINUTES = 50;
const SIGNAL_STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGKILL: 137 };

/**
 * @param {string} root the folder of package.json
 * @param {string[]} argv passed on to vitest
 * @returns {Promise<number>} the exit code
 */
export async function runTests(root, argv) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-test-'));
  const report = path.join(folder, 'report.json');
  try {
    const status = await vitest(root, [
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...argv,
    ]);
    const counts = countsOf(report);
    // An error outside of any test, or no report at all, must not read as a success.
    if (status !== 0 && counts.failed === 0) {
      console.error(`vitest ended with status ${status} although no test failed; its message is above.`);
      counts.failed = 1;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
    return status === 0 && counts.failed > 0 ? 1 : status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(root, argv) {
  return new Promise((resolve, reject) => {
    const cli = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
    // In a process group of its own: a Ctrl-C reaches it once, through us, and the deadline ends its workers.
    const child = spawn(process.execPath, [cli, 'run', ...argv], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const pass = (signal) => signalGroup(child.pid, signal);
    let interrupted;
    const onSignal = (signal) => {
      interrupted = signal;
      pass(signal);
      // Whatever a test does with the signal, the person at the terminal gets out.
      setTimeout(pass, 15_000, 'SIGKILL').unref();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
    const deadline = setTimeout(() => {
      console.error(`The tests took longer than ${DEADLINE_MINUTES} minutes and were ended.`);
      pass('SIGKILL');
    }, DEADLINE_MINUTES * 60_000);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(deadline);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onSignal);
      // vitest ends an interrupted run with a code of its own, depending on how far it has come.
      resolve(SIGNAL_STATUS[interrupted] ?? code ?? SIGNAL_STATUS[signal] ?? 1);
    });
  });
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function countsOf(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  // A file that could not even be loaded has no tests that could have failed.
  const unloadable = results.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + unloadable,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}
