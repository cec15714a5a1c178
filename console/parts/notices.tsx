/** What a page says when there is nothing to show, not yet, or not at all. */
import { CircleX, WifiOff, type LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { PerdureApiError, PerdureConnectionError } from 'perdure/client';
import { MissingPartError } from './missing-part.js';

export function Empty(props: { icon: LucideIcon; title: string; children?: ReactNode }): ReactElement {
  const { icon: Icon, title, children } = props;
  return (
    <div className="empty">
      <Icon aria-hidden="true" strokeWidth={1.6} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ what, lines = 6 }: { what: string; lines?: number }): ReactElement {
  return (
    <div className="bones" role="status">
      <span className="hidden" style={{ height: 1 }}>
        Loading {what}
      </span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} style={{ width: `${90 - ((i * 23) % 45)}%` }} aria-hidden="true" />
      ))}
    </div>
  );
}

/** Says what went wrong and what can be done, in the server's own words where it has said something. */
export function Failure({ error, again }: { error: unknown; again?: () => void }): ReactElement {
  if (error instanceof MissingPartError) return <MissingPart />;
  const isAway = error instanceof PerdureConnectionError;
  const Icon = isAway ? WifiOff : CircleX;
  const problem = error instanceof PerdureApiError ? error.problem : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className="notice" data-tone="bad" role="alert">
      <Icon aria-hidden="true" />
      <div>
        <strong>{isAway ? 'The server cannot be reached' : (problem?.title ?? 'That did not work')}</strong>
        <p>{message}</p>
        {problem?.advice !== undefined && <p className="dim">{problem.advice}</p>}
        {problem?.requestId !== undefined && (
          <p className="dim small">
            Request <code>{problem.requestId}</code>
          </p>
        )}
      </div>
      {again !== undefined && (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

function MissingPart(): ReactElement {
  return (
    <div className="notice" data-tone="bad" role="alert">
      <WifiOff aria-hidden="true" />
      <div>
        <strong>This part of the console could not be loaded</strong>
        <p>The server is away, or has a newer console than the one that this tab holds.</p>
      </div>
      <button
        type="button"
        className="button"
        onClick={() => {
          location.reload();
        }}
      >
        Load the console anew
      </button>
    </div>
  );
}
