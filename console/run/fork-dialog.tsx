/** A run that has ended, done otherwise from one of its steps. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { GitFork } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import type { Run } from 'perdure/client';
import { toolsQuery } from '../data/queries.js';
import { client } from '../data/session.js';
import type { StepPicture } from '../data/step-picture.js';
import { DialogButton } from '../parts/dialog-button.js';
import { Dialog } from '../parts/dialog.js';
import { JsonField, jsonText } from '../parts/json-field.js';
import { RepeatDialog, repeatsAsked } from './repeat-dialog.js';
import { useAction } from './use-action.js';
import { useOnce } from './use-once.js';

export function ForkButton({ runId, step }: { runId: string; step: StepPicture }): ReactElement {
  return (
    <DialogButton icon={GitFork} label="Fork from here">
      {(close) => <ForkDialog runId={runId} step={step} onClose={close} />}
    </DialogButton>
  );
}

function ForkDialog(props: { runId: string; step: StepPicture; onClose: () => void }): ReactElement {
  const { runId, step, onClose } = props;
  const navigate = useNavigate();
  const { data } = useQuery(toolsQuery);
  const [json, setJson] = useState(() => jsonText(step.args));
  const [tool, setTool] = useState(step.tool);
  const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value);
  const once = useOnce();
  const fork = useAction((repeat: string[]) => {
    const change = {
      fromStep: step.id,
      args: json.value as StepPicture['args'],
      ...(tool === step.tool ? {} : { tool }),
      repeat,
    };
    return once(change, (idempotencyKey) => client.fork(runId, change, { idempotencyKey }));
  }, 'A new run goes on from here.');
  const goTo = ({ id }: Run): void => {
    onClose();
    void navigate({ to: '/runs/$runId', params: { runId: id } });
  };
  const asked = repeatsAsked(fork.error);
  if (asked.length > 0)
    return (
      <RepeatDialog
        asked={asked}
        busy={fork.isPending}
        onClose={() => {
          fork.reset();
        }}
        onRepeat={(steps) => {
          fork.mutate(steps, { onSuccess: goTo });
        }}
      />
    );
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Fork from “${step.title ?? step.id}”`}
      description="A new run does this step, and all that builds on it, anew. What has completed besides is taken over."
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          fork.mutate([], { onSuccess: goTo });
        }}
      >
        <div className="field">
          <label htmlFor="fork-tool">Tool</label>
          <select
            id="fork-tool"
            className="input"
            value={tool}
            onChange={({ target }) => {
              setTool(target.value);
            }}
          >
            {[...new Set([step.tool, ...(data?.tools.map(({ name }) => name) ?? [])])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
        <JsonField
          label="Arguments"
          json={json}
          onChange={setJson}
          rows={Math.min(14, Math.max(5, json.text.split('\n').length + 1))}
        />
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="button primary" disabled={fork.isPending || !isObject}>
            Fork
          </button>
        </div>
      </form>
    </Dialog>
  );
}
