/** The run that goes through the whole path again and again, and how its newest did. */
import { CircleCheck, CircleX } from 'lucide-react';
import type { ReactElement } from 'react';
import type { System } from 'perdure/client';
import { ago, duration, fullTime } from '../parts/format.js';
import { useNow } from '../parts/now.js';

export function Canary({ canary }: { canary: System['canary'] }): ReactElement {
  const now = useNow(5_000);
  return (
    <section aria-label="Canary" className="part">
      <h2>Canary</h2>
      {canary === null ? (
        <p className="dim">
          None is sent. With <code>PERDURE_CANARY_SECONDS</code> each API sends a run through the whole path
          again and again; <code>perdure doctor</code> sends one at once.
        </p>
      ) : canary.last === null ? (
        <p className="dim">
          One is sent every {duration(canary.everySeconds * 1_000)}; the first has not come back yet.
        </p>
      ) : (
        <div className="card entry" data-tone={canary.last.works ? 'good' : 'bad'}>
          <p className="row">
            <span className="status">
              {canary.last.works ? <CircleCheck aria-hidden="true" /> : <CircleX aria-hidden="true" />}
              {canary.last.works ? 'It came through' : 'It did not come through'}
            </span>
            <span className="dim" title={fullTime(canary.last.at)}>
              by the API process that answers now,{' '}
              {ago(canary.last.at, Math.max(now, Date.parse(canary.last.at)))}, one every{' '}
              {duration(canary.everySeconds * 1_000)}
            </span>
          </p>
          <dl className="facts">
            {canary.last.hops.map(({ hop, seconds }) => (
              <div key={hop} style={{ display: 'contents' }}>
                <dt>{hop}</dt>
                <dd className="num">{duration(seconds * 1_000)}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </section>
  );
}
