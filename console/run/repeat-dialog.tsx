/** What cannot be undone and may have been done already is done again only where somebody says so, step by step. */
import { useState, type ReactElement } from 'react';
import { PerdureApiError } from 'perdure/client';
import { Dialog } from '../parts/dialog.js';

export interface Repeatable {
  stepId: string;
  why: string;
}

/** The steps that a refusal names; empty where it is another refusal. */
export function repeatsAsked(error: unknown): Repeatable[] {
  if (!(error instanceof PerdureApiError) || error.code !== 'irreversible_repeat') return [];
  return (error.problem.errors ?? []).flatMap(({ message }) => {
    const quoted = /must name ("(?:[^"\\]|\\.)*"): (.*)/s.exec(message);
    return quoted === null ? [] : [{ stepId: JSON.parse(quoted[1] ?? '""') as string, why: quoted[2] ?? '' }];
  });
}

export function RepeatDialog(props: {
  asked: readonly Repeatable[];
  busy: boolean;
  onRepeat: (steps: string[]) => void;
  onClose: () => void;
}): ReactElement {
  const { asked, busy, onRepeat, onClose } = props;
  const [chosen, setChosen] = useState<readonly string[]>([]);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Do again what cannot be undone?"
      description="Find out first whether these were done. What you tick is done once more."
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onRepeat([...chosen]);
        }}
      >
        <fieldset>
          <legend className="hidden">Steps to do again</legend>
          {asked.map(({ stepId, why }) => (
            <label key={stepId} className="choice">
              <input
                type="checkbox"
                checked={chosen.includes(stepId)}
                onChange={({ target }) => {
                  setChosen((before) =>
                    target.checked ? [...before, stepId] : before.filter((one) => one !== stepId),
                  );
                }}
              />
              <span>
                <code>{stepId}</code> <span className="dim">{why}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Leave it
          </button>
          <button
            type="submit"
            className="button danger primary"
            disabled={busy || chosen.length < asked.length}
          >
            Do them again
          </button>
        </div>
      </form>
    </Dialog>
  );
}
