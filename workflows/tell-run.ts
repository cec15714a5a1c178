/** A signal from one run to another. */
import { getExternalWorkflowHandle, isCancellation, type defineSignal } from '@temporalio/workflow';
import { workflowIdOf } from '../contracts/messages.js';

/** @returns false where that run's workflow is closed */
export async function tellRun<Value>(
  runId: string,
  signal: ReturnType<typeof defineSignal<[Value]>>,
  value: Value,
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowIdOf(runId)).signal(signal, value);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}
