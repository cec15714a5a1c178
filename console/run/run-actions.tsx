/** What can be done with a run: pause, go on, cancel. */
import { useMutation } from '@tanstack/react-query';
import { Ban, Pause, Play } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import { isTerminal, type Run, type RunStatus } from 'perdure/client';
import { queries } from '../data/queries.js';
import { client } from '../data/session.js';
import { Dialog } from '../parts/dialog.js';
import { complain, say } from '../parts/toasts.js';

export function RunActions({ run, status }: { run: Run; status: RunStatus }): ReactElement {
  const [cancelling, setCancelling] = useState(false);
  const pause = useAction(
    () => client.pause(run.id),
    'The pause is on its way: steps under way come to their end.',
  );
  const resume = useAction(() => client.resume(run.id), 'The run goes on.');
  if (isTerminal(status)) return <></>;
  return (
    <>
      {status === 'paused' ? (
        <button
          type="button"
          className="button"
          disabled={resume.isPending}
          onClick={() => {
            resume.mutate();
          }}
        >
          <Play aria-hidden="true" /> Resume
        </button>
      ) : (
        <button
          type="button"
          className="button"
          disabled={pause.isPending}
          onClick={() => {
            pause.mutate();
          }}
        >
          <Pause aria-hidden="true" /> Pause
        </button>
      )}
      <button
        type="button"
        className="button danger"
        onClick={() => {
          setCancelling(true);
        }}
      >
        <Ban aria-hidden="true" /> Cancel
      </button>
      <CancelDialog
        run={run}
        open={cancelling}
        onClose={() => {
          setCancelling(false);
        }}
      />
    </>
  );
}

function CancelDialog(props: { run: Run; open: boolean; onClose: () => void }): ReactElement {
  const { run, open, onClose } = props;
  const [reason, setReason] = useState('');
  const cancel = useAction(
    () => client.cancel(run.id, reason.trim() === '' ? {} : { reason: reason.trim() }),
    'The cancel is on its way.',
  );
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Cancel this run?"
      description="Steps under way are stopped. What they have done so far stays done."
    >
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          cancel.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <label htmlFor="cancel-reason">Reason</label>
        <input
          id="cancel-reason"
          className="input"
          maxLength={500}
          value={reason}
          placeholder="If you like; it is kept with the run"
          onChange={(event) => {
            setReason(event.target.value);
          }}
        />
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Let it go on
          </button>
          <button type="submit" className="button danger primary" disabled={cancel.isPending}>
            Cancel the run
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Does something once, says that it is done or why not, and has what is shown asked for anew. */
export function useAction<Result>(act: () => Promise<Result>, done: string) {
  return useMutation<Result>({
    mutationFn: act,
    onSuccess: () => {
      say(done);
      void queries.invalidateQueries();
    },
    onError: complain,
  });
}
