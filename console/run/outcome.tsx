/** What came of it. */
import { Ban, CircleX } from 'lucide-react';
import type { ReactElement } from 'react';
import type { RunPicture } from '../data/run-picture.js';
import { Long } from '../parts/long.js';
import { JsonView } from '../parts/json-view.js';

/** Longer texts are shown among the details. */
const SHORT = 600;

export function Outcome({ picture: { end } }: { picture: RunPicture }): ReactElement | null {
  switch (end?.type) {
    case undefined:
      return null;
    case 'run.failed':
      return (
        <section className="notice" data-tone="failed" aria-label="Why it failed">
          <CircleX aria-hidden="true" />
          <div>
            <strong className="text">
              <Long text={end.error.message} />
            </strong>
            <p className="dim">
              <code>{end.error.code}</code>
              {end.error.retryable
                ? ' · the same again may succeed'
                : ' · the same again would fail the same way'}
            </p>
          </div>
        </section>
      );
    case 'run.cancelled':
      return (
        <section className="notice" data-tone="cancelled" aria-label="Cancelled">
          <Ban aria-hidden="true" />
          <div>
            <strong>It was cancelled{end.reason === undefined ? '' : `: ${end.reason}`}</strong>
          </div>
        </section>
      );
    case 'run.completed': {
      const text = typeof end.result === 'string' ? end.result : JSON.stringify(end.result);
      if (end.result === null || text.length > SHORT) return null;
      return (
        <section aria-label="Result" className="outcome">
          <h2>Result</h2>
          {typeof end.result === 'string' ? (
            <p className="text" dir="auto">
              {end.result}
            </p>
          ) : (
            <JsonView value={end.result} label="the result" />
          )}
        </section>
      );
    }
  }
}
