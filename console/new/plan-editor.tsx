/** The steps of a plan as forms, made from the tools' own schemas; or as JSON. */
import { useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useRef, useState, type ReactElement } from 'react';
import { toolsQuery } from '../data/queries.js';
import { JsonField, jsonText, type JsonText } from '../parts/json-field.js';
import { isRequired, propertiesOf, SchemaField, type Schema } from '../parts/schema-field.js';
import { complain } from '../parts/toasts.js';
import { stepsOf, submissionOf, emptyDraft, type DraftStep } from './draft.js';

type Change = (how: (steps: readonly DraftStep[]) => readonly DraftStep[]) => void;

/** So many forms are a page; more are edited as JSON. */
const MOST_FORMS = 60;

export function PlanEditor(props: {
  steps: readonly DraftStep[];
  /** Steps that are none of these, and that these may wait for. */
  before?: readonly string[];
  onChange: Change;
}): ReactElement {
  const { steps, before: others = [], onChange } = props;
  const { data } = useQuery(toolsQuery);
  // Steps that are there already have theirs.
  const lastKey = useRef(Math.max(0, ...steps.map(({ key }) => key)));
  const nextKey = (): number => (lastKey.current += 1);
  const asJson = (): JsonText => jsonText(submissionOf({ ...emptyDraft, steps }).plan);
  const [pasted, setPasted] = useState<JsonText | null>(() => (steps.length > MOST_FORMS ? asJson() : null));
  const schemas = new Map(data?.tools.map(({ name, inputSchema }) => [name, inputSchema]));
  const add = (): void => {
    onChange((before) => {
      const ids = new Set(before.map(({ id }) => id));
      let number = before.length + 1;
      while (ids.has(`step-${number}`)) number += 1;
      return [
        ...before,
        {
          key: nextKey(),
          id: `step-${number}`,
          title: '',
          tool: 'echo',
          args: {},
          dependsOn: before.length === 0 ? [] : [before.at(-1)?.id ?? ''],
          approval: false,
          onFailure: 'stop',
        },
      ];
    });
  };
  return (
    <div className="plan-editor">
      {pasted === null ? (
        <ol>
          {steps.map((step, i) => (
            <li key={step.key}>
              <StepForm
                step={step}
                index={i}
                steps={steps}
                others={others}
                tools={data?.tools.map(({ name }) => name) ?? [step.tool]}
                schema={schemas.get(step.tool)}
                onChange={onChange}
              />
            </li>
          ))}
        </ol>
      ) : (
        <JsonField label="The plan as JSON" rows={16} json={pasted} onChange={setPasted} />
      )}
      <div className="row">
        {pasted === null ? (
          <>
            <button type="button" className="button" onClick={add}>
              <Plus aria-hidden="true" /> Add a step
            </button>
            <button
              type="button"
              className="button quiet"
              onClick={() => {
                setPasted(asJson());
              }}
            >
              As JSON
            </button>
          </>
        ) : (
          <>
            <button
              type="button"
              className="button"
              disabled={pasted.value === undefined}
              onClick={() => {
                try {
                  const read = stepsOf(pasted.value, nextKey);
                  onChange(() => read);
                  setPasted(null);
                } catch (error) {
                  complain(error);
                }
              }}
            >
              Take it over
            </button>
            <button
              type="button"
              className="button quiet"
              onClick={() => {
                setPasted(null);
              }}
            >
              Back without
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function StepForm(props: {
  step: DraftStep;
  index: number;
  steps: readonly DraftStep[];
  others: readonly string[];
  tools: readonly string[];
  schema: Schema | undefined;
  onChange: Change;
}): ReactElement {
  const { step, index, steps, others, tools, schema, onChange } = props;
  const choices = [...others, ...steps.slice(0, index).map(({ id }) => id)];
  const set = (part: Partial<DraftStep>): void => {
    onChange((before) => before.map((one) => (one.key === step.key ? { ...one, ...part } : one)));
  };
  const move = (by: number): void => {
    onChange((before) => {
      const after = before.filter(({ key }) => key !== step.key);
      after.splice(index + by, 0, step);
      return after;
    });
  };
  const fields = schema === undefined ? [] : propertiesOf(schema);
  const name = `step ${index + 1}`;
  return (
    <fieldset className="step-form card">
      <legend className="hidden">{name}</legend>
      <div className="columns">
        <div className="field">
          <label htmlFor={`id-${step.key}`}>Id</label>
          <input
            id={`id-${step.key}`}
            className="input mono"
            required
            pattern="[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
            value={step.id}
            onChange={({ target }) => {
              set({ id: target.value });
            }}
          />
        </div>
        <div className="field">
          <label htmlFor={`tool-${step.key}`}>Tool</label>
          <select
            id={`tool-${step.key}`}
            className="input"
            value={step.tool}
            onChange={({ target }) => {
              set({ tool: target.value, args: {} });
            }}
          >
            {tools.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
        <div className="field wide">
          <label htmlFor={`title-${step.key}`}>Title</label>
          <input
            id={`title-${step.key}`}
            className="input"
            maxLength={200}
            value={step.title}
            onChange={({ target }) => {
              set({ title: target.value });
            }}
          />
        </div>
      </div>
      {fields.length > 0 ? (
        fields.map(([field, one]) => (
          <SchemaField
            key={`${step.tool} ${field}`}
            name={field}
            schema={one}
            required={schema !== undefined && isRequired(schema, field)}
            value={step.args[field]}
            onChange={(value) => {
              set({ args: { ...step.args, [field]: value } });
            }}
          />
        ))
      ) : (
        <FreeArguments
          key={step.tool}
          args={step.args}
          onArgs={(args) => {
            set({ args });
          }}
        />
      )}
      {choices.length > 0 && (
        <div className="field" role="group" aria-label={`What ${name} waits for`}>
          <span className="label">Waits for</span>
          <div className="row">
            {choices.map((id) => (
              <label key={id} className="choice tag">
                <input
                  type="checkbox"
                  checked={step.dependsOn.includes(id)}
                  onChange={({ target }) => {
                    set({
                      dependsOn: target.checked
                        ? [...step.dependsOn, id]
                        : step.dependsOn.filter((one) => one !== id),
                    });
                  }}
                />
                {id}
              </label>
            ))}
          </div>
        </div>
      )}
      <div className="row">
        <label className="choice">
          <input
            type="checkbox"
            checked={step.approval}
            onChange={({ target }) => {
              set({ approval: target.checked });
            }}
          />
          Ask a person first
        </label>
        <label className="choice">
          <input
            type="checkbox"
            checked={step.onFailure === 'continue'}
            onChange={({ target }) => {
              set({ onFailure: target.checked ? 'continue' : 'stop' });
            }}
          />
          The run goes on if it fails
        </label>
        <span className="row end">
          <button
            type="button"
            className="button quiet icon"
            aria-label={`Move ${name} up`}
            disabled={index === 0}
            onClick={() => {
              move(-1);
            }}
          >
            <ArrowUp aria-hidden="true" />
          </button>
          <button
            type="button"
            className="button quiet icon"
            aria-label={`Move ${name} down`}
            disabled={index === steps.length - 1}
            onClick={() => {
              move(1);
            }}
          >
            <ArrowDown aria-hidden="true" />
          </button>
          <button
            type="button"
            className="button quiet icon"
            aria-label={`Remove ${name}`}
            onClick={() => {
              onChange((before) => before.filter(({ key }) => key !== step.key));
            }}
          >
            <Trash2 aria-hidden="true" />
          </button>
        </span>
      </div>
    </fieldset>
  );
}

/** Of a tool that takes anything. */
function FreeArguments(props: {
  args: DraftStep['args'];
  onArgs: (args: DraftStep['args']) => void;
}): ReactElement {
  const [json, setJson] = useState(() => jsonText(props.args));
  return (
    <JsonField
      label="Arguments"
      rows={4}
      json={json}
      hint={
        <>
          Earlier outputs and inputs as <code>{'{{steps.id.output.field}}'}</code>.
        </>
      }
      onChange={(next) => {
        setJson(next);
        if (typeof next.value === 'object' && next.value !== null && !Array.isArray(next.value))
          props.onArgs(next.value as DraftStep['args']);
      }}
    />
  );
}
