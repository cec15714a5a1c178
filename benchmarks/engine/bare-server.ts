/**
 * The least that a submission over HTTP can be: a workflow is started, a row is written, and then it is said so. On
 * /unrecorded the row is left out.
 */
import { Client, Connection } from '@temporalio/client';
import { v7 } from 'uuid';
import { openPool, serveBodies } from './bare-http.js';

const [address = '', taskQueue = '', databaseUrl = ''] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection });
const pool = openPool(databaseUrl);
await pool.query('create table floor (id uuid primary key, body jsonb not null)');

async function submit(body: string, isRecorded: boolean): Promise<string> {
  const id = v7();
  await client.workflow.start('bareRun', { workflowId: `bare-${id}`, taskQueue });
  if (!isRecorded) return id;
  await pool.query({
    name: 'insert',
    text: 'insert into floor values ($1, $2)',
    values: [id, JSON.parse(body)],
  });
  return id;
}

serveBodies(async (body, req, res) => {
  const id = await submit(body, !req.url?.startsWith('/unrecorded'));
  res.writeHead(202, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ id }));
});
process.on('disconnect', () => process.exit(0));
