/**
 * The least that a start with a first run can be: Temporal's server, a client, and a worker that has its workflow bundled
 * already, in one Node process; then one workflow, to its end. No HTTP, no database, no checks.
 */
import { Client, Connection } from '@temporalio/client';
import { startTemporal } from '../../src/adapters/embedded/temporal-server.js';

const [binary = '', dataDir = '', codePath = ''] = process.argv.slice(2);
const [server, { DefaultLogger, NativeConnection, Runtime, Worker }] = await Promise.all([
  startTemporal({ binary, dataDir, port: 0, uiPort: 0, namespace: 'default', searchAttributes: {} }),
  import('@temporalio/worker'),
]);
Runtime.install({ logger: new DefaultLogger('ERROR') });
const { address } = server;
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue: 'bare-start',
  workflowBundle: { codePath },
  activities: { noop: () => Promise.resolve(null) },
});
const client = new Client({ connection: await Connection.connect({ address }) });
await worker.runUntil(
  client.workflow.execute('bareRun', { workflowId: `bare-start-${process.pid}`, taskQueue: 'bare-start' }),
);
process.stdout.write('completed\n');
process.once('SIGINT', () => {
  void server.release().then(() => process.exit(0));
});
