/** Why a run stands still, as soon as it does. */
import { useQuery } from '@tanstack/react-query';
import { Hourglass, TriangleAlert } from 'lucide-react';
import type { ReactElement } from 'react';
import { whyQuery } from '../data/queries.js';
import { withLocalTimes } from '../parts/format.js';

const askedBeside = ['waiting_for_approval', 'waiting_for_answer', 'waiting_for_event'];

/** @param asks whether what it asks people is shown beside it already */
export function WhyBanner(props: { runId: string; isOpen: boolean; asks: boolean }): ReactElement | null {
  const { runId, isOpen, asks } = props;
  const { data: why } = useQuery(whyQuery(runId, isOpen));
  if (!isOpen || why === undefined || why.state === 'moving' || why.state === 'ended') return null;
  if (asks && askedBeside.includes(why.cause)) return null;
  const isStuck = why.state === 'stuck';
  const Icon = isStuck ? TriangleAlert : Hourglass;
  return (
    <section
      className="notice"
      data-tone={isStuck ? 'bad' : 'warning'}
      aria-label="Why it does not move"
      role="status"
    >
      <Icon aria-hidden="true" />
      <div>
        <strong>{withLocalTimes(why.sentence)}</strong>
        <p className="dim">{why.whatToDo}</p>
        {why.evidence.length > 0 && (
          <details>
            <summary>Evidence</summary>
            <dl className="facts small">
              {why.evidence.map(({ what, value }, i) => (
                <div key={i} style={{ display: 'contents' }}>
                  <dt>{what}</dt>
                  <dd>{withLocalTimes(value)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </div>
    </section>
  );
}
