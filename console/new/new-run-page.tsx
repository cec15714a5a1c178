/** A run to be: its goal, who carries it out, by which plan, with what, within which limits. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { FileClock } from 'lucide-react';
import { useMemo, type ReactElement } from 'react';
import { agentsQuery } from '../data/queries.js';
import { client, hasCredentials } from '../data/session.js';
import { CopyButton } from '../parts/copy-button.js';
import { FieldFaults } from '../parts/field-faults.js';
import { count } from '../parts/format.js';
import { Failure } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';
import { useAction } from '../run/use-action.js';
import { useOnce } from '../run/use-once.js';
import { approvalPolicies, curlOf, submissionOf, type Draft } from './draft.js';
import { FileDrop } from './file-drop.js';
import { forgetDraft, useKeptDraft } from './kept-draft.js';
import { PlanEditor } from './plan-editor.js';
import { AgentField, GoalField } from './run-fields.js';

const policyWords = {
  '': 'As the agent has it',
  never: 'Never',
  plan: 'Before the plan begins',
  irreversible: 'Before what cannot be undone',
  all: 'Before each step',
};
const limitNames = {
  maxSteps: 'Steps',
  maxTokens: 'Tokens',
  maxCostUsd: 'US dollars',
  maxSeconds: 'Seconds',
} as const;

export function NewRunPage(): ReactElement {
  useTitle('New run');
  const navigate = useNavigate();
  const { data } = useQuery(agentsQuery);
  const { draft, setDraft, kept, startAfresh, afresh } = useKeptDraft();
  const change = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...part }));
  };
  const submission = useMemo(() => submissionOf(draft), [draft]);
  const once = useOnce();
  const submit = useAction(
    () => once(submission, (idempotencyKey) => client.submit(submission, { idempotencyKey })),
    'The run is submitted.',
  );
  const canMakePlans = data?.agents.some(({ models }) => models.planner.length > 0) ?? false;
  return (
    <div className="page narrow">
      <h1>New run</h1>
      {kept !== null && (
        <div className="notice">
          <FileClock aria-hidden="true" />
          <div>
            <strong>This is what you had begun to write</strong>
            <p className="dim">
              {kept.withoutFiles
                ? 'Its files were too large to be kept: choose them once more.'
                : 'It is kept until it is submitted, or this tab is closed.'}
            </p>
          </div>
          <button type="button" className="button" onClick={startAfresh}>
            Start afresh
          </button>
        </div>
      )}
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          submit.mutate(undefined, {
            onSuccess: ({ id }) => {
              forgetDraft();
              void navigate({ to: '/runs/$runId', params: { runId: id } });
            },
          });
        }}
      >
        <GoalField
          id="goal"
          label="Goal"
          rows={3}
          placeholder="What shall be done?"
          goal={draft.goal}
          onChange={(goal) => {
            change({ goal });
          }}
        />
        <div className="columns">
          <AgentField
            id="agent"
            agent={draft.agent}
            onChange={(agent) => {
              change({ agent });
            }}
          />
          <div className="field">
            <label htmlFor="approvals">Ask a person</label>
            <select
              id="approvals"
              className="input"
              value={draft.approvals}
              onChange={({ target }) => {
                change({ approvals: approvalPolicies.find((one) => one === target.value) ?? '' });
              }}
            >
              {approvalPolicies.map((policy) => (
                <option key={policy} value={policy}>
                  {policyWords[policy]}
                </option>
              ))}
            </select>
          </div>
        </div>
        <fieldset>
          <legend>Plan</legend>
          <label className="choice">
            <input
              type="radio"
              name="plan"
              checked={draft.hasPlan}
              onChange={() => {
                change({ hasPlan: true });
              }}
            />
            I give the steps
          </label>
          <label className="choice">
            <input
              type="radio"
              name="plan"
              checked={!draft.hasPlan}
              onChange={() => {
                change({ hasPlan: false });
              }}
            />
            A model makes the plan
            {!canMakePlans && <span className="dim small">(no agent here has a planner yet)</span>}
          </label>
          {draft.hasPlan && (
            <PlanEditor
              key={afresh}
              steps={draft.steps}
              onChange={(how) => {
                setDraft((before) => ({ ...before, steps: how(before.steps) }));
              }}
            />
          )}
        </fieldset>
        <FileDrop
          files={draft.files}
          onChange={(files) => {
            change({ files });
          }}
        />
        <details>
          <summary>Budget and metadata</summary>
          <div className="form">
            <div className="columns">
              {(Object.keys(limitNames) as (keyof typeof limitNames)[]).map((name) => (
                <div className="field" key={name}>
                  <label htmlFor={name}>At most: {limitNames[name]}</label>
                  <input
                    id={name}
                    className="input num"
                    type="number"
                    min={name === 'maxCostUsd' ? 0.000001 : 1}
                    step={name === 'maxCostUsd' ? 'any' : 1}
                    value={draft.budget[name]}
                    onChange={({ target }) => {
                      change({ budget: { ...draft.budget, [name]: target.value } });
                    }}
                  />
                </div>
              ))}
              <div className="field">
                <label htmlFor="exhausted">Used up, it shall</label>
                <select
                  id="exhausted"
                  className="input"
                  value={draft.budget.onExhausted}
                  onChange={({ target }) => {
                    change({
                      budget: { ...draft.budget, onExhausted: target.value === 'pause' ? 'pause' : 'fail' },
                    });
                  }}
                >
                  <option value="fail">fail</option>
                  <option value="pause">pause until somebody gives more</option>
                </select>
              </div>
            </div>
            <div className="field">
              <label htmlFor="metadata">Metadata</label>
              <textarea
                id="metadata"
                className="input mono"
                rows={3}
                placeholder="team=blue"
                value={draft.metadata}
                onChange={({ target }) => {
                  change({ metadata: target.value });
                }}
              />
              <p className="hint">One name=value a line, to find the run by.</p>
            </div>
          </div>
        </details>
        <details>
          <summary>The same as curl</summary>
          <Curl text={curlOf(location.origin, submission, hasCredentials())} />
        </details>
        {submit.error !== null && <Failure error={submit.error} />}
        <FieldFaults error={submit.error} />
        <div className="buttons">
          <button
            type="submit"
            className="button primary"
            disabled={
              submit.isPending || draft.goal.trim() === '' || (draft.hasPlan && draft.steps.length === 0)
            }
          >
            Submit
          </button>
        </div>
      </form>
    </div>
  );
}

/** Of files it may have megabytes. */
const MOST_SHOWN = 20_000;

const Curl = ({ text }: { text: string }): ReactElement => (
  <div className="with-copy">
    <CopyButton text={text} what="the command" />
    <pre className="code" tabIndex={0} role="group" aria-label="The command">
      {text.slice(0, MOST_SHOWN)}
      {text.length > MOST_SHOWN &&
        `\n… ${count(text.length - MOST_SHOWN)} characters more; copy has them all`}
    </pre>
  </div>
);
