/** All about one step, beside the timeline or over it. */
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useEffect, useRef, type ReactElement, type ReactNode } from 'react';
import type { StepOutput } from '../../contracts/events.js';
import type { StepPicture } from '../data/step-picture.js';
import { bytes, clockTime, dollars, duration, short, shortId } from '../parts/format.js';
import { Long } from '../parts/long.js';
import { JsonView } from '../parts/json-view.js';
import { Status } from '../parts/status.js';
import { share } from '../data/session.js';
import { DownloadButton } from './download-button.js';
import { RunTree } from './run-tree.js';
import { Writing } from './writing.js';

export function StepPanel(props: {
  runId: string;
  step: StepPicture;
  /** When the page began to hear what passes by; null while it does not. */
  heardFrom: number | null;
  actions: ReactNode;
  onClose: () => void;
}): ReactElement {
  const { runId, step, heardFrom, actions, onClose } = props;
  const place = useRef<HTMLElement>(null);
  // On a phone it lies over what was pressed.
  useEffect(() => {
    if (matchMedia('(max-width: 1020px)').matches) place.current?.focus();
  }, [step.id]);
  const isOpen = step.state === 'running' || step.state === 'retrying' || step.state === 'waiting';
  return (
    <aside
      ref={place}
      className="step-panel card"
      aria-label={`Step ${step.id}`}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header>
        <div>
          <h2 dir="auto">{step.title ?? step.id}</h2>
          <p className="dim small">
            <code>{step.id}</code> · <code>{step.tool}</code>
          </p>
        </div>
        <button type="button" className="button quiet icon" aria-label="Close the step" onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      </header>
      <div className="step-body">
        <div className="run-facts">
          <Status state={step.state} chip />
          {step.startedAt !== null && step.endedAt !== null && step.state !== 'reused' && (
            <span className="num dim">{duration(step.endedAt - step.startedAt)}</span>
          )}
          {step.attempt > 1 && <span className="num dim">attempt {step.attempt}</span>}
          {step.startedAt !== null && <span className="num dim">from {clockTime(step.startedAt)}</span>}
        </div>
        {actions}
        {step.errors.map(({ attempt, error }, i) => (
          <div
            key={i}
            className="notice"
            data-tone={i === step.errors.length - 1 && step.state === 'failed' ? 'failed' : 'warning'}
          >
            <div>
              <strong className="text">
                <Long text={error.message} />
              </strong>
              <p className="dim small">
                attempt {attempt} · <code>{error.code}</code>
                {error.retryable && ' · may be tried again'}
              </p>
            </div>
          </div>
        ))}
        {step.decision !== null && step.decision.reason !== '' && (
          <Part name="Supervisor">
            <p>
              <code>{step.decision.decision}</code> {step.decision.reason}
            </p>
          </Part>
        )}
        {step.reusedFrom !== null && (
          <p>
            Its output was taken over from{' '}
            <Link to="/runs/$runId" params={{ runId: step.reusedFrom }} search={{ step: step.id }}>
              run {shortId(step.reusedFrom)}
            </Link>
            ; its tool was not called again.
          </p>
        )}
        {step.text !== '' && step.output === null && (
          <Part name={isOpen ? 'As it is written' : 'What was written'}>
            <Writing text={step.text} label="What the model writes" goesOn={isOpen} />
            {isOpen && !isHeardWhole(step, heardFrom) && (
              <p className="dim small">
                From when this page began to follow it; all of it stands in the output at the end.
              </p>
            )}
          </Part>
        )}
        {step.output !== null && (
          <Part name="Output">
            <Output runId={runId} output={step.output} />
          </Part>
        )}
        {step.tool === 'delegate' && share === null && (
          <Part name="Sub-agent">
            <RunTree runId={runId} stepId={step.id} />
          </Part>
        )}
        <Part name="Arguments">
          <JsonView value={step.args} label="the arguments" />
        </Part>
        {step.messages.length > 0 && (
          <Part name="What it says">
            <pre className="code">{step.messages.join('\n')}</pre>
          </Part>
        )}
        {step.toolCalls.length > 0 && (
          <Part name="Tools that its model called">
            <ol className="calls">
              {step.toolCalls.map(({ seq, tool, turn, args, error, durationMs }) => (
                <li key={seq}>
                  <details>
                    <summary>
                      <code>{tool}</code>{' '}
                      <span className="dim small num">
                        turn {turn} · {duration(durationMs)}
                      </span>
                      {error !== undefined && <span className="small"> · {error.message}</span>}
                    </summary>
                    {args !== undefined && <JsonView value={args} label={`the arguments of ${tool}`} />}
                  </details>
                </li>
              ))}
            </ol>
          </Part>
        )}
        {step.modelCalls.length > 0 && (
          <Part name="Model">
            <ul className="calls">
              {step.modelCalls.map(({ seq, model, role, inputTokens, outputTokens, costUsd, durationMs }) => (
                <li key={seq} className="num">
                  <code>{model}</code>{' '}
                  <span className="dim small">
                    as {role} · {short(inputTokens)} in, {short(outputTokens)} out ·{' '}
                    {costUsd === null ? 'cost unknown' : dollars(costUsd)} · {duration(durationMs)}
                  </span>
                </li>
              ))}
            </ul>
          </Part>
        )}
        {step.dependsOn.length > 0 && (
          <Part name="Waits for">
            <p>
              {step.dependsOn.map((id) => (
                <Link key={id} to="." search={(before) => ({ ...before, step: id })} className="tag mono">
                  {id}
                </Link>
              ))}
            </p>
          </Part>
        )}
      </div>
    </aside>
  );
}

/** What a model had written before somebody listened is not told again. */
const isHeardWhole = ({ stretches }: StepPicture, heardFrom: number | null): boolean => {
  const attempt = stretches.findLast(({ kind }) => kind === 'attempt');
  return attempt === undefined || heardFrom === null || attempt.from >= heardFrom;
};

const Part = ({ name, children }: { name: string; children: ReactNode }): ReactElement => (
  <section className="part">
    <h3>{name}</h3>
    {children}
  </section>
);

function Output({ runId, output }: { runId: string; output: StepOutput }): ReactElement {
  if ('value' in output) return <JsonView value={output.value} label="the output" />;
  return (
    <>
      <p className="dim small">
        {bytes(output.bytes)}, kept as the file <code>{output.ref}</code>; this is how it begins:
      </p>
      <pre className="code" tabIndex={0} role="group" aria-label="How the output begins">
        {output.preview}
      </pre>
      <DownloadButton runId={runId} path={output.ref} />
    </>
  );
}
