/** Rows of runs, of which only those in sight are there. */
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { isTerminal, type RunSummary } from 'perdure/client';
import { ago, count, dollars, duration, fullTime, plural } from '../parts/format.js';
import { useNow } from '../parts/now.js';
import { Status } from '../parts/status.js';
import { keysAreOn } from '../app/shortcuts.js';
import type { ListedRuns } from './use-run-rows.js';

const ROW_PX = 46;
const PHONE_ROW_PX = 82;
/** Rows before the end at which the next page is asked for. */
const AHEAD = 30;

const isPhone = (): boolean => matchMedia('(max-width: 760px)').matches;

export function RunTable(props: { listed: ListedRuns; rows: readonly RunSummary[] }): ReactElement {
  const { listed, rows } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  const now = useNow(1_000);
  // Asked once: of thousands of rows each would ask the browser.
  const rowPx = isPhone() ? PHONE_ROW_PX : ROW_PX;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const { loadOlder, see } = listed;
  useEffect(() => {
    see(first, last + 1);
    if (last >= rows.length - AHEAD) loadOlder();
  }, [first, last, rows.length, loadOlder, see]);

  const focus = (index: number): void => {
    const to = Math.min(Math.max(index, 0), rows.length - 1);
    setFocused(to);
    virtual.scrollToIndex(to);
    const focusLink = (): boolean => {
      const link = scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"] a`);
      link?.focus();
      return link !== null && link !== undefined;
    };
    // A row that was out of sight is there with the next frame.
    if (!focusLink()) requestAnimationFrame(focusLink);
  };
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (!keysAreOn.get()) return;
      const isIdle = event.target === document.body || event.target === document.getElementById('main');
      if (isIdle && (event.key === 'j' || event.key === 'k')) focus(focused);
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1 && !keysAreOn.get()) return;
    const moves: Record<string, number> = {
      j: 1,
      ArrowDown: 1,
      k: -1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
    };
    const move = moves[event.key];
    if (move !== undefined) focus(focused + move);
    else if (event.key === 'Home') focus(0);
    else if (event.key === 'End') focus(rows.length - 1);
    else return;
    event.preventDefault();
  };

  return (
    <div className="run-table card">
      <div role="table" aria-label="Runs" aria-rowcount={rows.length + 1}>
        <div role="rowgroup" className="run-head">
          <div role="row" className="run-row">
            {['Status', 'Goal', 'Agent', 'Steps', 'Cost', 'Took', 'Submitted'].map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div ref={scroller} role="rowgroup" className="run-scroll" onKeyDown={onKeyDown}>
          <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map(({ index, key, start, size }) => {
              const run = rows[index];
              return run === undefined ? null : (
                <Row
                  key={key}
                  run={run}
                  index={index}
                  start={start}
                  size={size}
                  now={isTerminal(run.status) ? Math.floor(now / 30_000) * 30_000 : now}
                  isFocusable={index === focused}
                  onFocus={setFocused}
                />
              );
            })}
          </div>
        </div>
      </div>
      <p className="run-end dim small num" role="status">
        {listed.isLoadingOlder
          ? 'Loading older runs …'
          : `${plural(rows.length, 'run')}${listed.nextCursor === null ? '' : ', and older ones further down'}`}
      </p>
    </div>
  );
}

const Row = memo(function Row(props: {
  run: RunSummary;
  index: number;
  start: number;
  size: number;
  now: number;
  isFocusable: boolean;
  onFocus: (index: number) => void;
}): ReactElement {
  const { run, index, start, size, now, isFocusable, onFocus } = props;
  const metadata = Object.entries(run.metadata);
  const end = run.finishedAt === null ? now : Date.parse(run.finishedAt);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      className="run-row"
      style={{ height: size, transform: `translateY(${start}px)` }}
    >
      <span role="cell">
        <Status state={run.status} />
      </span>
      <span role="cell" className="run-goal">
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          className="ellipsis"
          dir="auto"
          title={run.goal.slice(0, 1_000)}
          tabIndex={isFocusable ? 0 : -1}
          onFocus={() => {
            onFocus(index);
          }}
        >
          {run.goal}
        </Link>
        {metadata.slice(0, 2).map(([name, value]) => (
          <span key={name} className="tag">
            <span className="ellipsis">
              {name}={value}
            </span>
          </span>
        ))}
        {metadata.length > 2 && <span className="dim small">+{metadata.length - 2}</span>}
      </span>
      <span role="cell" className="ellipsis dim run-agent">
        {run.agent}
      </span>
      <span role="cell" className="num dim run-steps">
        {count(run.usage.steps)}
        <span className="run-unit"> {run.usage.steps === 1 ? 'step' : 'steps'}</span>
      </span>
      <span role="cell" className="num dim run-cost">
        {run.usage.costUsd === undefined
          ? '–'
          : run.usage.costUsd === null
            ? '?'
            : dollars(run.usage.costUsd)}
      </span>
      <span role="cell" className="num dim run-took">
        {run.startedAt === null ? '–' : duration(end - Date.parse(run.startedAt))}
      </span>
      <span role="cell" className="dim run-when" title={fullTime(run.createdAt)}>
        {ago(run.createdAt, Math.max(now, Date.parse(run.createdAt)))}
      </span>
    </div>
  );
});
