/** A run's progress as lines, one an event: for logs, pipes and terminals that cannot do more. */
import pc from 'picocolors';
import { eventLine } from './event-line.js';
import type { RunView } from './run-view.js';

export function createPlainView(output: NodeJS.WritableStream): RunView {
  return {
    show(event) {
      const line = eventLine(event);
      if (line !== undefined) output.write(`${pc.dim(event.at.slice(11, 23))}  ${line}\n`);
    },
    note(text) {
      output.write(`${pc.yellow(text)}\n`);
    },
    end: () => undefined,
  };
}
