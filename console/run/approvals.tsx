/** What a run asks people, answered where it is read. */
import { MessageCircleQuestionMark } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import type { ApprovalDecision } from 'perdure/client';
import type { AskedApproval, RunPicture } from '../data/run-picture.js';
import { client } from '../data/session.js';
import { fullTime } from '../parts/format.js';
import { JsonField, jsonText, noJson } from '../parts/json-field.js';
import { JsonView } from '../parts/json-view.js';
import type { Schema } from '../parts/schema-field.js';
import { FieldFaults } from '../parts/field-faults.js';
import { AnswerFields, missingIn } from './answer-fields.js';
import { CallbackAddress } from './callback-address.js';
import { DownloadButton } from './download-button.js';
import { useAction } from './use-action.js';

export function Approvals({ runId, picture }: { runId: string; picture: RunPicture }): ReactElement | null {
  const waiting = picture.waitingApprovals;
  if (waiting.length === 0) return null;
  return (
    <section className="approvals" aria-label="What it asks you">
      {waiting.map(({ asked }) => (
        <Asked key={asked.approvalId} runId={runId} asked={asked} picture={picture} />
      ))}
    </section>
  );
}

type Asking = AskedApproval['asked'];
type Decide = (decision: ApprovalDecision) => void;

function Asked(props: { runId: string; asked: Asking; picture: RunPicture }): ReactElement {
  const { runId, asked, picture } = props;
  const [note, setNote] = useState('');
  const action = useAction(
    (decision: ApprovalDecision) => client.approvals.decide(runId, asked.approvalId, decision),
    'The decision is made.',
  );
  const decide: Decide = (decision) => {
    action.mutate({ ...decision, ...(note.trim() === '' ? {} : { note: note.trim() }) });
  };
  const step = asked.stepId === undefined ? undefined : picture.steps.get(asked.stepId);
  const more = { runId, asked, decide, busy: action.isPending };
  return (
    <article className="approval card" data-tone="waiting">
      <header>
        <MessageCircleQuestionMark size={18} aria-hidden="true" />
        <div>
          <h2 className="text" dir="auto">
            {titleOf(asked, step?.title ?? null)}
          </h2>
          {asked.note !== undefined && (
            <p className="text" dir="auto">
              {asked.note}
            </p>
          )}
          {asked.expiresAt !== undefined && (
            <p className="dim small">Decided by itself at {fullTime(asked.expiresAt)}.</p>
          )}
        </div>
      </header>
      {asked.kind === 'event' && asked.stepId !== undefined && (
        <CallbackAddress runId={runId} stepId={asked.stepId} />
      )}
      <div className="field note">
        <label htmlFor={`note-${asked.approvalId}`}>Note</label>
        <input
          id={`note-${asked.approvalId}`}
          className="input"
          maxLength={2_000}
          placeholder="If you like; it is kept with the decision"
          value={note}
          onChange={({ target }) => {
            setNote(target.value);
          }}
        />
      </div>
      <FieldFaults error={action.error} />
      <Form {...more} />
    </article>
  );
}

function titleOf({ kind, tool, title, stepId, args }: Asking, stepTitle: string | null): string {
  const what = title ?? stepTitle ?? stepId ?? '';
  switch (kind) {
    case 'plan':
      return 'May this plan be carried out?';
    case 'question':
      return typeof args?.question === 'string' ? args.question : what;
    case 'event':
      return `Waits for ${typeof args?.name === 'string' ? args.name : 'an event from outside'}`;
    case 'outcome':
      return `Has ${tool ?? 'the tool'} acted? Nobody knows: ${what}`;
    case 'step':
    case 'call':
      return `May ${tool ?? 'this tool'} be called? ${what}`;
  }
}

interface FormProps {
  runId: string;
  asked: Asking;
  decide: Decide;
  busy: boolean;
}

function Form(props: FormProps): ReactElement {
  switch (props.asked.kind) {
    case 'plan':
      return <Buttons {...props} approve={{ decision: 'approve', argsHash: props.asked.argsHash }} />;
    case 'question':
    case 'event':
      return <Answer {...props} />;
    case 'outcome':
      return <Outcome {...props} />;
    case 'step':
    case 'call':
      return <Arguments {...props} />;
  }
}

/** The arguments as they would be, to be changed before they are approved. */
function Arguments(props: FormProps): ReactElement {
  const { asked } = props;
  const [json, setJson] = useState(() => jsonText(asked.args ?? {}));
  const isChanged = json.text !== jsonText(asked.args ?? {}).text;
  const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value);
  const args = isObject ? (json.value as NonNullable<ApprovalDecision['args']>) : undefined;
  const approve: ApprovalDecision = {
    decision: 'approve',
    argsHash: asked.argsHash,
    ...(isChanged && args !== undefined ? { args } : {}),
  };
  if (asked.args === undefined)
    return (
      <>
        <div className="row">
          <p className="dim">Its arguments are too large to be shown here.</p>
          {asked.argsRef !== undefined && <DownloadButton runId={props.runId} path={asked.argsRef} />}
        </div>
        <Buttons {...props} approve={approve} />
      </>
    );
  return (
    <>
      <JsonField
        label="Arguments"
        rows={Math.min(14, json.text.split('\n').length)}
        json={json}
        onChange={setJson}
      />
      <Buttons
        {...props}
        approve={isObject ? approve : null}
        word={isChanged ? 'Approve with these arguments' : 'Approve'}
      />
    </>
  );
}

function Answer(props: FormProps): ReactElement {
  const [answer, setAnswer] = useState<unknown>(undefined);
  const schema = (props.asked.args?.schema ?? {}) as Schema;
  const isWhole = answer !== undefined && missingIn(schema, answer).length === 0;
  return (
    <>
      <AnswerFields
        name={props.asked.kind === 'question' ? 'Answer' : 'The event'}
        schema={schema}
        answer={answer}
        onChange={setAnswer}
      />
      <Buttons
        {...props}
        approve={
          isWhole
            ? {
                decision: 'approve',
                argsHash: props.asked.argsHash,
                answer: answer as NonNullable<ApprovalDecision['answer']>,
              }
            : null
        }
        word="Answer"
        denyWord="Do not answer"
      />
    </>
  );
}

function Outcome(props: FormProps): ReactElement {
  const { asked, decide, busy } = props;
  const [json, setJson] = useState(noJson);
  return (
    <>
      {asked.args !== undefined && <JsonView value={asked.args} label="the arguments it was called with" />}
      {asked.argsRef !== undefined && (
        <div className="row">
          <p className="dim">What it was called with is too large to be shown here.</p>
          <DownloadButton runId={props.runId} path={asked.argsRef} />
        </div>
      )}
      <JsonField
        label="What it put out, if it has acted"
        json={json}
        onChange={setJson}
        rows={3}
        hint="Look into the service that it acts on. With an output the step completes, and the tool is not called again."
      />
      <div className="buttons">
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() => {
            decide({ decision: 'approve', argsHash: asked.argsHash });
          }}
        >
          It has not acted: call it
        </button>
        <button
          type="button"
          className="button primary"
          disabled={busy || json.value === undefined}
          onClick={() => {
            decide({ decision: 'approve', argsHash: asked.argsHash, output: json.value as never });
          }}
        >
          It has acted
        </button>
        <button
          type="button"
          className="button danger"
          disabled={busy}
          onClick={() => {
            decide({ decision: 'deny' });
          }}
        >
          It cannot be known
        </button>
      </div>
    </>
  );
}

function Buttons(
  props: FormProps & { approve: ApprovalDecision | null; word?: string; denyWord?: string },
): ReactElement {
  const { decide, busy, approve, word = 'Approve', denyWord = 'Deny' } = props;
  return (
    <div className="buttons">
      <button
        type="button"
        className="button primary"
        disabled={busy || approve === null}
        onClick={() => {
          if (approve !== null) decide(approve);
        }}
      >
        {word}
      </button>
      <button
        type="button"
        className="button danger"
        disabled={busy}
        onClick={() => {
          decide({ decision: 'deny' });
        }}
      >
        {denyWord}
      </button>
    </div>
  );
}
