/** A field for one value of a JSON schema: what is simple gets a control of its own, everything else JSON. */
import { useId, useState, type ReactElement } from 'react';
import { JsonField, jsonText, noJson, type JsonText } from './json-field.js';

export type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const propertiesOf = ({ properties }: Schema): [string, Schema][] =>
  isSchema(properties)
    ? Object.entries(properties).map(([name, schema]) => [name, isSchema(schema) ? schema : {}])
    : [];

export const isRequired = ({ required }: Schema, name: string): boolean =>
  Array.isArray(required) && required.includes(name);

/** A text such as `{{steps.a.output}}` may stand wherever a value does. */
const reference = /^\s*\{\{.*\}\}\s*$/s;

/** @param onChange is given undefined for a field that is left empty */
export function SchemaField(props: {
  name: string;
  schema: Schema;
  required: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}): ReactElement {
  const { name, schema, required, value, onChange } = props;
  const id = useId();
  const label = required ? `${name} (required)` : name;
  const description = typeof schema.description === 'string' ? schema.description : undefined;
  const choices = Array.isArray(schema.enum) ? schema.enum.map(String) : null;
  const hint = description !== undefined && (
    <p className="hint" id={`${id}-hint`}>
      {description}
    </p>
  );
  const described = description === undefined ? undefined : `${id}-hint`;
  if (choices !== null || schema.type === 'boolean') {
    const all = choices ?? ['true', 'false'];
    return (
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <select
          id={id}
          className="input"
          aria-describedby={described}
          value={typeof value === 'string' || typeof value === 'boolean' ? String(value) : ''}
          onChange={({ target }) => {
            onChange(
              target.value === '' ? undefined : choices === null ? target.value === 'true' : target.value,
            );
          }}
        >
          <option value="">{required ? 'Choose' : 'Not told'}</option>
          {all.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        {hint}
      </div>
    );
  }
  if (schema.type === 'string' || schema.type === 'number' || schema.type === 'integer') {
    const isText = schema.type === 'string';
    const shown = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    const take = (text: string): void => {
      const number = Number(text);
      if (text === '') onChange(undefined);
      else onChange(isText || reference.test(text) || Number.isNaN(number) ? text : number);
    };
    const common = {
      id,
      className: isText ? 'input' : 'input num',
      value: shown,
      'aria-describedby': described,
      'aria-required': required,
    };
    return (
      <div className="field">
        <label htmlFor={id}>{label}</label>
        {isText && (name === 'code' || name === 'query' || name === 'template' || shown.includes('\n')) ? (
          <textarea
            {...common}
            className="input mono"
            rows={5}
            spellCheck={false}
            onChange={({ target }) => {
              take(target.value);
            }}
          />
        ) : (
          <input
            {...common}
            inputMode={isText ? 'text' : 'decimal'}
            onChange={({ target }) => {
              take(target.value);
            }}
          />
        )}
        {hint}
      </div>
    );
  }
  return <AnyField label={label} hint={description} value={value} onChange={onChange} />;
}

function AnyField(props: {
  label: string;
  hint: string | undefined;
  value: unknown;
  onChange: (value: unknown) => void;
}): ReactElement {
  const { label, hint, value, onChange } = props;
  const [json, setJson] = useState<JsonText>(() => (value === undefined ? noJson : jsonText(value)));
  return (
    <JsonField
      label={`${label}, as JSON`}
      hint={hint}
      rows={3}
      json={json}
      onChange={(next) => {
        setJson(next);
        if (next.fault === null) onChange(next.value);
      }}
    />
  );
}
