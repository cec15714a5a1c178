/** A schedule to be: when, and what is submitted then. */
import { useMemo, useState, type ReactElement } from 'react';
import { overlapPolicies, type OverlapPolicy } from '../../contracts/statuses.js';
import { client } from '../data/session.js';
import { emptyDraft, submissionOf, type Draft } from '../new/draft.js';
import { PlanEditor } from '../new/plan-editor.js';
import { AgentField, GoalField } from '../new/run-fields.js';
import { Dialog } from '../parts/dialog.js';
import { FieldFaults } from '../parts/field-faults.js';
import { useAction } from '../run/use-action.js';
import { useOnce } from '../run/use-once.js';

const often = {
  '0 * * * *': 'Every hour',
  '0 6 * * *': 'Every day at 6',
  '0 6 * * 1-5': 'Every weekday at 6',
  '0 6 * * 1': 'Every Monday at 6',
  '0 6 1 * *': 'On the first of each month at 6',
};
const overlapWords: Record<OverlapPolicy, string> = {
  skip: 'Leave this one out',
  buffer_one: 'Start when that has ended',
  allow_all: 'Start beside it',
  cancel_other: 'Cancel that, and start',
};
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function ScheduleDialog({ onClose }: { onClose: () => void }): ReactElement {
  const [name, setName] = useState('');
  const [cron, setCron] = useState('0 6 * * 1-5');
  const [timezone, setTimezone] = useState(ownZone);
  const [overlap, setOverlap] = useState<OverlapPolicy>('skip');
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const change = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...part }));
  };
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), []);
  const once = useOnce();
  const create = useAction(() => {
    // Files belong to one run, and the form asks for none.
    const { inputs: _inputs, ...run } = submissionOf(draft);
    const schedule = { name: name.trim(), cron: cron.trim(), timezone, overlap, run };
    return once(schedule, (idempotencyKey) => client.schedules.create(schedule, { idempotencyKey }));
  }, 'The schedule is made.');
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="New schedule"
      description="A run is submitted at each of its times."
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <div className="columns">
          <div className="field">
            <label htmlFor="schedule-name">Name</label>
            <input
              id="schedule-name"
              className="input"
              required
              maxLength={100}
              value={name}
              onChange={({ target }) => {
                setName(target.value);
              }}
            />
          </div>
          <div className="field">
            <label htmlFor="schedule-cron">When, as a cron expression</label>
            <input
              id="schedule-cron"
              className="input mono"
              required
              maxLength={200}
              list="schedule-often"
              value={cron}
              onChange={({ target }) => {
                setCron(target.value);
              }}
            />
            <datalist id="schedule-often">
              {Object.entries(often).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </datalist>
          </div>
          <div className="field">
            <label htmlFor="schedule-zone">Time zone</label>
            <input
              id="schedule-zone"
              className="input"
              required
              list="schedule-zones"
              value={timezone}
              onChange={({ target }) => {
                setTimezone(target.value);
              }}
            />
            <datalist id="schedule-zones">
              {zones.map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </datalist>
          </div>
          <div className="field">
            <label htmlFor="schedule-overlap">If the run before goes on</label>
            <select
              id="schedule-overlap"
              className="input"
              value={overlap}
              onChange={({ target }) => {
                setOverlap(overlapPolicies.find((one) => one === target.value) ?? 'skip');
              }}
            >
              {overlapPolicies.map((policy) => (
                <option key={policy} value={policy}>
                  {overlapWords[policy]}
                </option>
              ))}
            </select>
          </div>
        </div>
        <GoalField
          id="schedule-goal"
          label="Goal of each run"
          rows={2}
          goal={draft.goal}
          onChange={(goal) => {
            change({ goal });
          }}
        />
        <div className="columns">
          <AgentField
            id="schedule-agent"
            agent={draft.agent}
            onChange={(agent) => {
              change({ agent });
            }}
          />
          <label className="choice">
            <input
              type="checkbox"
              checked={draft.hasPlan}
              onChange={({ target }) => {
                change({ hasPlan: target.checked });
              }}
            />
            With a plan of mine (else a model makes one)
          </label>
        </div>
        {draft.hasPlan && (
          <PlanEditor
            steps={draft.steps}
            onChange={(how) => {
              setDraft((before) => ({ ...before, steps: how(before.steps) }));
            }}
          />
        )}
        <FieldFaults error={create.error} />
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="button primary" disabled={create.isPending}>
            Make the schedule
          </button>
        </div>
      </form>
    </Dialog>
  );
}
