/**
 * The least that a submission over HTTP can be: a workflow is started, a row is written, and then it is said so. On
 * /unrecorded the row is left out.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { v7 } from 'uuid';

const [address = '', taskQueue = '', databaseUrl = ''] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection });
const pool = new pg.Pool({ connectionString: databaseUrl });
// Its database may end before it.
pool.on('connect', (session) => session.on('error', () => undefined));
pool.on('error', () => undefined);
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

const server = http.createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    void submit(Buffer.concat(chunks).toString(), !req.url?.startsWith('/unrecorded')).then((id) => {
      res.writeHead(202, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ id }));
    });
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
