/** Prometheus' own engine over what a process has told: whether alerts fire, and whether queries find something. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { goProgram } from '../../src/adapters/embedded/testing/go-program.js';

/** @returns where it is, or why it cannot be had */
export const promtool = () =>
  goProgram({ package: 'github.com/prometheus/prometheus/cmd/promtool', version: '0.316.0' });

export interface Outcome {
  works: boolean;
  output: string;
}

export function runPromtool(file: string, args: readonly string[], input = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(file, args, { input, encoding: 'utf8' });
  return { works: status === 0, output: `${stdout}${stderr}` };
}

/** An expression, and what it must give of the scrape. */
export interface Expectation {
  expr: string;
  samples: { labels: string; value: number }[];
}

/**
 * Has the scrape stand for twenty minutes, and looks then.
 * @param rules a file of alerts, which may be asked for as ALERTS
 */
export async function evaluate(
  file: string,
  folder: string,
  rules: string,
  scrape: string,
  expectations: readonly Expectation[],
): Promise<Outcome> {
  const test = path.join(folder, 'evaluate.json');
  await writeFile(
    test,
    // Every JSON is YAML.
    JSON.stringify({
      rule_files: [rules],
      evaluation_interval: '15s',
      tests: [
        {
          interval: '15s',
          input_series: seriesOf(scrape),
          promql_expr_test: expectations.map(({ expr, samples }) => ({
            expr,
            eval_time: '20m',
            exp_samples: samples,
          })),
        },
      ],
    }),
  );
  return runPromtool(file, ['test', 'rules', test]);
}

const SAMPLES = 80;

const seriesOf = (scrape: string): { series: string; values: string }[] =>
  scrape.split('\n').flatMap((line) => {
    const [, series, text] = /^([a-zA-Z_:][^ {]*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    const value = Number(text);
    if (series === undefined || !Number.isFinite(value)) return [];
    // It reads no exponents.
    return [{ series, values: `${value.toFixed(9).replace(/\.?0+$/, '')}x${SAMPLES}` }];
  });
