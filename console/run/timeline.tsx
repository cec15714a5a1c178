/** The steps of a run in time: each a row with its attempts, pauses and waits as bars. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ListTree } from 'lucide-react';
import { memo, useMemo, useRef, type KeyboardEvent, type ReactElement } from 'react';
import type { RunPicture } from '../data/run-picture.js';
import { ticksOf } from '../data/time-ticks.js';
import type { StepPicture, Stretch } from '../data/step-picture.js';
import { duration, plural } from '../parts/format.js';
import { Empty, Loading } from '../parts/notices.js';
import { useNow } from '../parts/now.js';
import { StatusIcon, statusWord } from '../parts/status.js';
import { Writing } from './writing.js';

const ROW_PX = 34;
/** Behind it, as a share of the width, there is no room for words. */
const LAST_TICK = 0.88;

export function Timeline(props: {
  picture: RunPicture;
  version: number;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}): ReactElement {
  const { picture, version, chosen, onChoose } = props;
  const isOpen = picture.end === null;
  const now = useNow(isOpen ? 500 : null);
  const scroller = useRef<HTMLDivElement>(null);
  // The steps of a picture change with its version.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const steps = useMemo(() => [...picture.steps.values()], [picture, version]);
  const virtual = useVirtualizer({
    count: steps.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 16,
    getItemKey: (index) => steps[index]?.id ?? index,
  });
  if (steps.length === 0)
    return picture.planText !== '' ? (
      <section aria-label="The plan as it is written" className="part">
        <h2>The plan is being made</h2>
        <Writing text={picture.planText} label="The plan so far" goesOn={isOpen} />
      </section>
    ) : picture.events.length === 0 ? (
      <Loading what="the steps" />
    ) : (
      <Empty icon={ListTree} title={isOpen ? 'No plan yet' : 'It ended without a plan'}>
        <p>{isOpen ? 'Its steps appear here as soon as the plan is made.' : 'Nothing was begun.'}</p>
      </Empty>
    );

  const from = picture.beganAt ?? 0;
  const to = Math.max(picture.endedAt ?? now, from + 100);
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
    const move = moves[event.key];
    if (event.key === 'Escape' && chosen !== undefined) onChoose(undefined);
    else if (move !== undefined) {
      const at = steps.findIndex(({ id }) => id === focusedStep(event.target));
      const next = steps[Math.min(Math.max(at + move, 0), steps.length - 1)];
      if (next === undefined) return;
      virtual.scrollToIndex(steps.indexOf(next));
      requestAnimationFrame(() => {
        scroller.current?.querySelector<HTMLElement>(`[data-step="${next.id}"]`)?.focus();
      });
      if (chosen !== undefined) onChoose(next.id);
    } else return;
    event.preventDefault();
  };
  const first = chosen !== undefined && picture.steps.has(chosen) ? chosen : steps[0]?.id;
  return (
    <div className="timeline card">
      <div className="timeline-head" aria-hidden="true">
        <span>{isOpen ? 'Step' : plural(steps.length, 'step')}</span>
        <span className="ticks num">
          {ticksOf(to - from)
            .filter((at) => at / (to - from) < LAST_TICK)
            .map((at, i) => (
              <span
                key={at}
                className={i % 2 === 1 ? 'minor' : ''}
                style={{ left: `${(at / (to - from)) * 100}%` }}
              >
                {at === 0 ? '0' : duration(at).replace('.0 ', ' ')}
              </span>
            ))}
        </span>
      </div>
      <div ref={scroller} className="timeline-scroll" onKeyDown={onKeyDown}>
        <ul aria-label="Steps" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, key, start, size }) => {
            const step = steps[index];
            return step === undefined ? null : (
              <Row
                key={key}
                step={step}
                start={start}
                size={size}
                from={from}
                to={isMoving(step) || picture.endedAt === null ? to : picture.endedAt}
                isChosen={step.id === chosen}
                isFirst={step.id === first}
                place={index + 1}
                places={steps.length}
                onChoose={onChoose}
              />
            );
          })}
        </ul>
      </div>
    </div>
  );
}

const focusedStep = (target: EventTarget): string | undefined =>
  target instanceof HTMLElement ? target.dataset.step : undefined;

const isMoving = ({ state }: StepPicture): boolean =>
  state === 'running' || state === 'retrying' || state === 'waiting';

const Row = memo(function Row(props: {
  step: StepPicture;
  start: number;
  size: number;
  from: number;
  to: number;
  isChosen: boolean;
  /** Of all of them, the one that Tab reaches. */
  isFirst: boolean;
  /** Its number, of how many: only those in sight are there. */
  place: number;
  places: number;
  onChoose: (id: string | undefined) => void;
}): ReactElement {
  const { step, start, size, from, to, isChosen, isFirst, place, places, onChoose } = props;
  const took = tookOf(step, to);
  return (
    <li
      aria-posinset={place}
      aria-setsize={places}
      style={{ height: size, transform: `translateY(${start}px)` }}
    >
      <button
        type="button"
        className="timeline-row"
        data-step={step.id}
        data-tone={step.state}
        aria-pressed={isChosen}
        tabIndex={isFirst ? 0 : -1}
        onClick={() => {
          onChoose(isChosen ? undefined : step.id);
        }}
      >
        <span className="timeline-name">
          <StatusIcon state={step.state} />
          <span className="hidden">{statusWord(step.state)}: </span>
          <span className="ellipsis" dir="auto">
            {step.title ?? step.id}
          </span>
          <span className="ellipsis dim small mono">{step.tool}</span>
        </span>
        <span className="timeline-bars">
          {step.stretches.map((one) => (
            <Bar key={`${one.kind}${one.from}`} stretch={one} from={from} to={to} />
          ))}
          {took !== null && <Took step={step} took={took} from={from} to={to} />}
        </span>
      </button>
    </li>
  );
});

/** Percent of the width. */
const share = (at: number, from: number, to: number): number =>
  Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100));

function Bar({ stretch, from, to }: { stretch: Stretch; from: number; to: number }): ReactElement {
  const left = share(stretch.from, from, to);
  const right = share(stretch.to ?? to, from, to);
  return (
    <span
      className="bar"
      data-kind={stretch.kind}
      data-outcome={stretch.outcome}
      title={stretchWords(stretch, to)}
      style={{ left: `${left}%`, width: `max(3px, ${right - left}%)` }}
    />
  );
}

function stretchWords({ kind, attempt, outcome, from, to: end }: Stretch, now: number): string {
  const took = duration(Math.max(0, (end ?? now) - from));
  if (kind === 'approval') return `waits for a person: ${took}`;
  if (kind === 'pause') return `pause after attempt ${attempt}: ${took}`;
  return `attempt ${attempt}, ${outcome}: ${took}`;
}

function Took(props: { step: StepPicture; took: number; from: number; to: number }): ReactElement {
  const { step, took, from, to } = props;
  const end = share(step.endedAt ?? to, from, to);
  const text = `${duration(took)}${step.attempt > 1 ? ` · ${step.attempt} attempts` : ''}`;
  // Beside the bar where there is room, else before it.
  const begin = share(step.startedAt ?? from, from, to);
  const style =
    end < 72
      ? { left: `calc(${Math.max(end, begin)}% + 8px)` }
      : begin > 28
        ? { right: `calc(${100 - begin}% + 6px)` }
        : { right: `${100 - end}%` };
  return (
    <span className={end >= 72 && begin <= 28 ? 'took num on-bar' : 'took num'} style={style}>
      {text}
    </span>
  );
}

const tookOf = ({ startedAt, endedAt, state }: StepPicture, now: number): number | null =>
  startedAt === null || state === 'reused' ? null : Math.max(0, (endedAt ?? now) - startedAt);
