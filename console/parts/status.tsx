/** What a run or a step is, by icon, word and colour. */
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleSlash,
  CircleX,
  Clock,
  History,
  LoaderCircle,
  MessageCircleQuestionMark,
  RotateCw,
  type LucideIcon,
} from 'lucide-react';
import type { ReactElement } from 'react';
import type { RunStatus } from 'perdure/client';
import type { StepState } from '../data/step-picture.js';

type State = RunStatus | StepState;

const icons: Record<State, LucideIcon> = {
  queued: CircleDashed,
  running: LoaderCircle,
  waiting: MessageCircleQuestionMark,
  paused: CirclePause,
  completed: CircleCheck,
  failed: CircleX,
  cancelled: Ban,
  pending: Clock,
  retrying: RotateCw,
  reused: History,
  skipped: CircleSlash,
};

const words: Record<State, string> = {
  queued: 'Queued',
  running: 'Running',
  waiting: 'Waiting',
  paused: 'Paused',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  pending: 'Not begun',
  retrying: 'Retrying',
  reused: 'Reused',
  skipped: 'Skipped',
};

export const statusWord = (state: State): string => words[state];

export function StatusIcon({ state, size = 15 }: { state: State; size?: number }): ReactElement {
  const Icon = icons[state];
  return (
    <Icon
      aria-hidden="true"
      width={size}
      height={size}
      strokeWidth={2.2}
      className={state === 'running' ? 'turning' : ''}
    />
  );
}

export function Status({ state, chip = false }: { state: State; chip?: boolean }): ReactElement {
  return (
    <span className={chip ? 'status chip' : 'status'} data-tone={state}>
      <StatusIcon state={state} />
      {words[state]}
    </span>
  );
}
