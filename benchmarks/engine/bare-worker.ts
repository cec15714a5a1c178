/** A worker for the bare workflow, as the SDK's documentation makes one. */
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

export interface BareActivities {
  noop(name: string): Promise<null>;
}

const [address = '', taskQueue = ''] = process.argv.slice(2);
/** When the first activity of a workflow has begun, by the clock that all processes of a machine share. */
const begun = new Map<string, string>();

const activities: BareActivities = { noop: () => Promise.resolve(null) };

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: path.join(process.cwd(), 'benchmarks/engine/bare-workflow.ts'),
  activities,
  interceptors: {
    activity: [
      (context) => ({
        inbound: {
          execute(input, next) {
            const { workflowId } = context.info.workflowExecution ?? {};
            if (workflowId !== undefined && !begun.has(workflowId))
              begun.set(workflowId, process.hrtime.bigint().toString());
            return next(input);
          },
        },
      }),
    ],
  },
});
process.on('message', (workflowId: string) => process.send?.({ workflowId, atNs: begun.get(workflowId) }));
process.on('disconnect', () => {
  // A signal to all of them has ended it already.
  if (worker.getState() === 'RUNNING') worker.shutdown();
});
const ended = worker.run();
process.send?.({});
await ended;
await connection.close();
process.exit(0);
