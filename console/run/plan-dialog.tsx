/** The plan of a run under way: steps that have not begun are changed, taken out and added. */
import { useQuery } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { PerdureApiError, type Run } from 'perdure/client';
import type { RunPicture } from '../data/run-picture.js';
import { client } from '../data/session.js';
import { stepsOf, type DraftStep } from '../new/draft.js';
import { planChangeOf } from '../new/plan-change.js';
import { PlanEditor } from '../new/plan-editor.js';
import { Dialog } from '../parts/dialog.js';
import { FieldFaults } from '../parts/field-faults.js';
import { Failure, Loading } from '../parts/notices.js';
import { useAction } from './use-action.js';

export function PlanDialog(props: { runId: string; picture: RunPicture; onClose: () => void }): ReactElement {
  const { runId, picture, onClose } = props;
  const [taken, setTaken] = useState(0);
  // As it is when the dialog opens, and stays however often all is asked for anew: what others change meanwhile is found
  // out by its version.
  const { data, error, refetch } = useQuery({
    queryKey: ['plan of', runId, taken],
    queryFn: ({ signal }) => client.get(runId, { signal }),
    enabled: ({ state }) => state.data === undefined,
    gcTime: 0,
  });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Edit the plan"
      description="Steps that have begun stay as they are. Where people are asked, they are asked anew about what has changed."
    >
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="the plan" />}
      {data !== undefined && (
        <Editor
          key={taken}
          run={data}
          picture={picture}
          onClose={onClose}
          onStale={() => {
            setTaken((before) => before + 1);
          }}
        />
      )}
    </Dialog>
  );
}

function Editor(props: {
  run: Run;
  picture: RunPicture;
  onClose: () => void;
  onStale: () => void;
}): ReactElement {
  const { run, picture, onClose, onStale } = props;
  const all = run.plan?.steps ?? [];
  const isOpen = (id: string): boolean =>
    ['pending', 'waiting'].includes(picture.steps.get(id)?.state ?? 'pending');
  const [open] = useState(() => all.filter(({ id }) => isOpen(id)));
  // Below those that the editor counts for new ones.
  const lastKey = useRef(0);
  const [steps, setSteps] = useState<readonly DraftStep[]>(() => stepsOf(open, () => (lastKey.current -= 1)));
  const change = planChangeOf(open, steps);
  const save = useAction(
    () => client.changePlan(run.id, change ?? {}, run.planVersion),
    'The plan is changed.',
  );
  const isStale = save.error instanceof PerdureApiError && save.error.status === 412;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined, { onSuccess: onClose });
      }}
    >
      <PlanEditor
        steps={steps}
        before={all.filter((step) => !open.includes(step)).map(({ id }) => id)}
        onChange={setSteps}
      />
      <FieldFaults error={save.error} />
      {isStale && (
        <div className="notice" data-tone="warning" role="alert">
          <div>
            <strong>Somebody else has changed the plan meanwhile</strong>
            <p className="dim">Nothing of yours was saved. Take the newer plan, and change that.</p>
          </div>
          <button type="button" className="button" onClick={onStale}>
            Take the newer plan
          </button>
        </div>
      )}
      <div className="buttons">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button type="submit" className="button primary" disabled={save.isPending || change === null}>
          Change the plan
        </button>
      </div>
    </form>
  );
}
