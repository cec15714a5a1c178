/** The rest of what is known of a run: result, input, metadata, budget, plan. */
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { Run } from 'perdure/client';
import type { RunPicture } from '../data/run-picture.js';
import { share } from '../data/session.js';
import { clockTime, fullTime, shortId } from '../parts/format.js';
import { JsonView } from '../parts/json-view.js';
import { RunTree } from './run-tree.js';

export function Details({ run, picture }: { run: Run; picture: RunPicture }): ReactElement {
  const { end } = picture;
  const metadata = Object.entries(run.metadata);
  const messages = picture.events.flatMap((event) => (event.type === 'message.received' ? [event] : []));
  return (
    <div className="details">
      {end?.type === 'run.completed' && (
        <section>
          <h2>Result</h2>
          <JsonView value={end.result} label="the result" />
        </section>
      )}
      <section>
        <h2>Facts</h2>
        <dl className="facts">
          <Row name="Goal">
            <span className="text" dir="auto">
              {run.goal}
            </span>
          </Row>
          <Row name="Submitted">{fullTime(run.createdAt)}</Row>
          {run.startedAt !== null && <Row name="Started">{fullTime(run.startedAt)}</Row>}
          {run.finishedAt !== null && <Row name="Ended">{fullTime(run.finishedAt)}</Row>}
          {run.origin !== null && (
            <Row name="Came from">
              {run.origin.kind === 'schedule' ? (
                'a schedule'
              ) : (
                <>
                  {{ retry: 'a retry of', fork: 'a fork of', delegate: 'a step of' }[run.origin.kind]}{' '}
                  <Link to="/runs/$runId" params={{ runId: run.origin.runId }}>
                    run {shortId(run.origin.runId)}
                  </Link>
                </>
              )}
            </Row>
          )}
          {run.webhook !== null && (
            <Row name="Webhook">
              {run.webhook.url}: {run.webhook.state}
            </Row>
          )}
        </dl>
      </section>
      {share === null && (
        <section aria-label="Sub-agents">
          <h2>Sub-agents</h2>
          <RunTree runId={run.id} />
        </section>
      )}
      {messages.length > 0 && (
        <section>
          <h2>Messages</h2>
          <dl className="facts">
            {messages.map(({ seq, at, by, text }) => (
              <Row key={seq} name={by === undefined ? clockTime(at) : `${clockTime(at)}, ${by}`}>
                <span className="text" dir="auto">
                  {text}
                </span>
              </Row>
            ))}
          </dl>
        </section>
      )}
      {metadata.length > 0 && (
        <section>
          <h2>Metadata</h2>
          <dl className="facts">
            {metadata.map(([name, value]) => (
              <Row key={name} name={name}>
                {share === null ? (
                  <Link to="/" search={{ q: `${name}=${value.includes(' ') ? `"${value}"` : value}` }}>
                    {value}
                  </Link>
                ) : (
                  value
                )}
              </Row>
            ))}
          </dl>
        </section>
      )}
      {run.budget !== null && (
        <section>
          <h2>Budget</h2>
          <JsonView value={run.budget} label="the budget" />
        </section>
      )}
      {picture.plan !== null && (
        <section>
          <h2>Plan {picture.planMadeBy === 'model' && <span className="tag">made by a model</span>}</h2>
          <JsonView value={picture.plan} label="the plan" />
        </section>
      )}
    </div>
  );
}

const Row = ({ name, children }: { name: string; children: ReactNode }): ReactElement => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);
