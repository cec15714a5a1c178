/** What can be done with a run: pause, go on, cancel; once it has ended, again and otherwise. */
import { useNavigate } from '@tanstack/react-router';
import { Ban, Columns2, MessageSquare, Pause, Pencil, Play, RotateCcw, Share2 } from 'lucide-react';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { isTerminal, type Run, type RunStatus } from 'perdure/client';
import type { RunPicture } from '../data/run-picture.js';
import { client } from '../data/session.js';
import { DialogButton } from '../parts/dialog-button.js';
import { Dialog } from '../parts/dialog.js';
import { RepeatDialog, repeatsAsked } from './repeat-dialog.js';
import { ShareDialog } from './share-dialog.js';
import { useAction } from './use-action.js';
import { useOnce } from './use-once.js';

/** With the editor of new runs, which few need here. */
const PlanDialog = lazy(() => import('./plan-dialog.js').then((module) => ({ default: module.PlanDialog })));

export function RunActions(props: { run: Run; status: RunStatus; picture: RunPicture }): ReactElement {
  const { run, status, picture } = props;
  const [cancelling, setCancelling] = useState(false);
  const pause = useAction(
    () => client.pause(run.id),
    'The pause is on its way: steps under way come to their end.',
  );
  const resume = useAction(() => client.resume(run.id), 'The run goes on.');
  if (isTerminal(status))
    return (
      <>
        <ShareButton runId={run.id} />
        <AfterItsEnd run={run} status={status} />
      </>
    );
  return (
    <>
      <ShareButton runId={run.id} />
      {picture.plan !== null && <PlanButton runId={run.id} picture={picture} />}
      <MessageButton runId={run.id} />
      {status === 'paused' ? (
        <button
          type="button"
          className="button"
          disabled={resume.isPending}
          onClick={() => {
            resume.mutate(undefined);
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
            pause.mutate(undefined);
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

function AfterItsEnd({ run, status }: { run: Run; status: RunStatus }): ReactElement {
  const navigate = useNavigate();
  const goTo = ({ id }: Run): void => {
    void navigate({ to: '/runs/$runId', params: { runId: id } });
  };
  const once = useOnce();
  const retry = useAction(
    (repeat: string[]) => once(repeat, (idempotencyKey) => client.retry(run.id, { idempotencyKey, repeat })),
    'A new run does again what had not completed.',
  );
  const asked = repeatsAsked(retry.error);
  const other = run.origin?.kind === 'retry' || run.origin?.kind === 'fork' ? run.origin.runId : null;
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() =>
          void navigate({ to: '/compare', search: other === null ? { a: run.id } : { a: other, b: run.id } })
        }
      >
        <Columns2 aria-hidden="true" /> Compare
      </button>
      {status !== 'completed' && (
        <button
          type="button"
          className="button primary"
          disabled={retry.isPending}
          onClick={() => {
            retry.mutate([], { onSuccess: goTo });
          }}
        >
          <RotateCcw aria-hidden="true" /> Retry
        </button>
      )}
      {asked.length > 0 && (
        <RepeatDialog
          asked={asked}
          busy={retry.isPending}
          onClose={() => {
            retry.reset();
          }}
          onRepeat={(steps) => {
            retry.mutate(steps, { onSuccess: goTo });
          }}
        />
      )}
    </>
  );
}

function ShareButton({ runId }: { runId: string }): ReactElement {
  return (
    <DialogButton icon={Share2} label="Share">
      {(close) => <ShareDialog runId={runId} onClose={close} />}
    </DialogButton>
  );
}

function PlanButton({ runId, picture }: { runId: string; picture: RunPicture }): ReactElement {
  return (
    <DialogButton icon={Pencil} label="Edit plan">
      {(close) => (
        <Suspense fallback={null}>
          <PlanDialog runId={runId} picture={picture} onClose={close} />
        </Suspense>
      )}
    </DialogButton>
  );
}

function MessageButton({ runId }: { runId: string }): ReactElement {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const close = (): void => {
    setOpen(false);
  };
  const once = useOnce();
  const send = useAction(
    () => once(text.trim(), (idempotencyKey) => client.message(runId, text.trim(), { idempotencyKey })),
    'The message is there; its models read it with their next question.',
  );
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        <MessageSquare aria-hidden="true" /> Message
      </button>
      <Dialog
        open={open}
        onClose={close}
        title="Tell this run something"
        description="Its planner, supervisor and agents read it with the next question that they are asked."
      >
        <form
          className="field"
          onSubmit={(event) => {
            event.preventDefault();
            send.mutate(undefined, {
              onSuccess: () => {
                setText('');
                close();
              },
            });
          }}
        >
          <label htmlFor="message">Message</label>
          <textarea
            id="message"
            className="input"
            rows={4}
            maxLength={4_000}
            required
            value={text}
            onChange={({ target }) => {
              setText(target.value);
            }}
          />
          <div className="buttons">
            <button type="button" className="button" onClick={close}>
              Close
            </button>
            <button type="submit" className="button primary" disabled={send.isPending || text.trim() === ''}>
              Send
            </button>
          </div>
        </form>
      </Dialog>
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
