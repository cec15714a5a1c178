import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLogger } from '../adapters/pino/logger.js';
import { logPolls, pollsOf } from './poll-log.js';

/** As Temporal's SDK tells them, of a worker with two task queues, its own and the sticky one. */
const metrics = (sent: number, returned: number, empty: number, failed: number): string => `
# TYPE temporal_long_request_total counter
temporal_long_request_total{namespace="default",operation="PollWorkflowTaskQueue",task_queue="perdure"} ${sent}
temporal_long_request_total{namespace="default",operation="PollWorkflowTaskQueue",task_queue="sticky"} 1
temporal_long_request_total{namespace="default",operation="PollActivityTaskQueue",task_queue="perdure"} 5
temporal_long_request_latency_seconds_bucket{operation="PollWorkflowTaskQueue",le="+Inf"} 99
temporal_long_request_latency_seconds_count{namespace="default",operation="PollWorkflowTaskQueue",task_queue="perdure"} ${returned}
temporal_long_request_failure_total{operation="PollWorkflowTaskQueue",status_code="UNAVAILABLE"} ${failed}
temporal_workflow_task_queue_poll_empty_total{namespace="default",task_queue="perdure"} ${empty}
`;

test('polls are counted over all task queues, each kind by itself', () => {
  expect(pollsOf(metrics(7, 6, 2, 1), 'workflows')).toEqual({ sent: 8, returned: 6, empty: 2, failed: 1 });
  expect(pollsOf(metrics(7, 6, 2, 1), 'activities')).toEqual({ sent: 5, returned: 0, empty: 0, failed: 0 });
  expect(pollsOf('', 'workflows')).toEqual({ sent: 0, returned: 0, empty: 0, failed: 0 });
});

test('what became of them since the last look is said, and nothing where nothing did', async () => {
  const lines: Record<string, unknown>[] = [];
  const stream = new PassThrough();
  stream.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString()) as Record<string, unknown>));
  const answers = [metrics(2, 0, 0, 0), metrics(2, 0, 0, 0), metrics(6, 4, 1, 1)];
  const stop = logPolls({
    read: () => Promise.resolve(answers.length > 1 ? (answers.shift() ?? '') : (answers[0] ?? '')),
    logger: createLogger([{ level: 'debug', stream }]),
    everyMs: 10,
  });
  await expect.poll(() => lines.length).toBe(3);
  await sleep(50);
  stop();
  expect(lines).toMatchObject([
    { polls: 'workflows', sent: 3, withTask: 0, empty: 0, failed: 0, open: 3 },
    { polls: 'activities', sent: 5, withTask: 0, empty: 0, failed: 0, open: 5 },
    { polls: 'workflows', sent: 4, withTask: 2, empty: 1, failed: 1, open: 3 },
  ]);
});
