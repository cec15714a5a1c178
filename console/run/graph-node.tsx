/** A step in the graph: a button that opens it. */
import type { ReactElement } from 'react';
import type { StepPicture } from '../data/step-picture.js';
import { duration } from '../parts/format.js';
import { StatusIcon, statusWord } from '../parts/status.js';

export const NODE = { width: 178, height: 50 };

export function GraphNode(props: {
  step: StepPicture;
  left: number;
  top: number;
  isChosen: boolean;
  /** Of all of them, the one that Tab reaches; from it, arrows lead on. */
  isReached: boolean;
  /** From so far away its words could not be read: a thousand of them are drawn without. */
  isFar: boolean;
  onFocus: (id: string) => void;
  onChoose: (id: string | undefined) => void;
}): ReactElement {
  const { step, left, top, isChosen, isReached, isFar, onFocus, onChoose } = props;
  const took =
    step.startedAt !== null && step.endedAt !== null && step.state !== 'reused'
      ? step.endedAt - step.startedAt
      : null;
  return (
    <button
      type="button"
      className={isFar ? 'node far' : 'node'}
      data-tone={step.state}
      data-step={step.id}
      aria-pressed={isChosen}
      aria-label={isFar ? `${statusWord(step.state)}: ${step.title ?? step.id}` : undefined}
      tabIndex={isReached ? 0 : -1}
      title={step.title ?? step.id}
      onFocus={() => {
        onFocus(step.id);
      }}
      style={{ left, top, width: NODE.width, height: NODE.height }}
      onClick={() => {
        onChoose(isChosen ? undefined : step.id);
      }}
    >
      {!isFar && (
        <>
          <StatusIcon state={step.state} />
          <span className="hidden">{statusWord(step.state)}: </span>
          <span className="ellipsis" dir="auto">
            {step.title ?? step.id}
          </span>
          {step.dependsOn.length > 0 && (
            <span className="hidden">waits for {step.dependsOn.join(', ')}; </span>
          )}
          <span className="ellipsis dim small">
            <span className="mono">{step.tool}</span>
            {took !== null && <span className="num"> · {duration(took)}</span>}
          </span>
        </>
      )}
    </button>
  );
}
