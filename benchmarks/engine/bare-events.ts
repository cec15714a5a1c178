/**
 * The least that a durable first event on a stream can be: an HTTP server and a worker in one process; a workflow, started
 * eagerly, whose local activity writes one row and then says so. What is submitted is written as a row, too.
 */
import { EventEmitter, once } from 'node:events';
import type http from 'node:http';
import path from 'node:path';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { v7 } from 'uuid';
import { openPool, serveBodies } from './bare-http.js';

export interface BareEventActivities {
  begin(id: string): Promise<void>;
}

const [address = '', taskQueue = '', databaseUrl = ''] = process.argv.slice(2);
const pool = openPool(databaseUrl);
await pool.query('create table runs (id uuid primary key, body jsonb not null)');
await pool.query('create table events (run_id uuid not null, seq int not null, primary key (run_id, seq))');

const begun = new EventEmitter();
const activities: BareEventActivities = {
  async begin(id) {
    await pool.query({ name: 'append', text: 'insert into events values ($1, 1)', values: [id] });
    begun.emit(id);
  },
};
Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: path.join(process.cwd(), 'benchmarks/engine/bare-event-workflow.ts'),
  activities,
});
const client = new Client({ connection });
const ended = worker.run();

async function submit(body: string, res: http.ServerResponse): Promise<void> {
  const id = v7();
  const told = once(begun, id);
  await client.workflow.start('bareEventRun', {
    workflowId: `bare-${id}`,
    taskQueue,
    args: [id],
    requestEagerStart: true,
  });
  await pool.query({
    name: 'insert',
    text: 'insert into runs values ($1, $2)',
    values: [id, JSON.parse(body)],
  });
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string): boolean => res.write(`data: ${JSON.stringify({ runId: id, type })}\n\n`);
  send('run.queued');
  await told;
  send('run.started');
  res.end();
}

serveBodies((body, _req, res) => submit(body, res));
process.on('disconnect', () => {
  // A signal to all of them has ended it already.
  if (worker.getState() === 'RUNNING') worker.shutdown();
});
await ended;
process.exit(0);
