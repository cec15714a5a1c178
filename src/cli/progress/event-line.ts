/** One event as a line for people, without time and place. */
import pc from 'picocolors';
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { durationOf, printable, sizeOf } from '../printable.js';

/** @returns undefined for what says nothing new to people */
export function eventLine(event: RunEvent | EphemeralEvent): string | undefined {
  const step = printable(event.stepId ?? '');
  switch (event.type) {
    case 'plan.created': {
      const count = event.plan.steps.length;
      return `plan of ${count} ${count === 1 ? 'step' : 'steps'}`;
    }
    case 'plan.updated':
      return planLine(event);
    case 'step.started':
      return `${pc.cyan('start')}  ${step}  ${pc.dim(printable(event.title ?? event.tool))}`;
    case 'step.completed':
      return `${pc.green('done')}   ${step}  ${pc.dim(durationOf(event.durationMs))}`;
    case 'step.reused':
      return `${pc.green('reused')} ${step}`;
    case 'step.retrying':
      return `${pc.yellow('again')}  ${step}  ${printable(event.error.message)}`;
    case 'step.failed':
      return `${pc.red('failed')} ${step}  ${printable(event.error.message)}`;
    case 'artifact.created':
      return `${pc.magenta('file')}   ${printable(event.path)}  ${pc.dim(sizeOf(event.bytes))}`;
    case 'step.progress':
    case 'log':
      return `${pc.dim('…')}      ${step}  ${pc.dim(printable(event.message))}`;
    case 'budget.warning':
    case 'budget.exhausted': {
      const said = event.type === 'budget.warning' ? 'soon used up' : 'used up';
      return pc.yellow(`budget ${said}: ${event.used} of ${event.max} ${event.limit}`);
    }
    case 'run.failed':
      return pc.red(`the run failed: ${printable(event.error.message)}`);
    case 'run.cancelled':
      return pc.yellow(
        event.reason === undefined
          ? 'the run was cancelled'
          : `the run was cancelled: ${printable(event.reason)}`,
      );
    case 'supervisor.decided':
      return event.decision === 'continue'
        ? undefined
        : `${event.decision.padEnd(6)} ${step}  ${printable(event.question ?? event.reason)}`;
    default:
      return event.type;
  }
}

function planLine({
  version,
  steps,
  removed,
  madeBy,
  by,
}: Extract<RunEvent, { type: 'plan.updated' }>): string {
  const who = madeBy === 'model' ? 'the supervisor' : (by ?? 'somebody');
  const parts = [
    ...(steps.length === 0 ? [] : [`puts in ${steps.map(({ id }) => id).join(', ')}`]),
    ...(removed.length === 0 ? [] : [`takes out ${removed.join(', ')}`]),
  ];
  return `${pc.cyan('plan')}   version ${version}: ${printable(`${who} ${parts.join(' and ')}`)}`;
}
