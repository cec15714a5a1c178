/** What an answer is made of: a field for each property that its schema names, or one for all of it. */
import type { ReactElement } from 'react';
import { isRequired, propertiesOf, SchemaField, type Schema } from '../parts/schema-field.js';

export function AnswerFields(props: {
  name: string;
  schema: Schema;
  answer: unknown;
  onChange: (answer: unknown) => void;
}): ReactElement {
  const { name, schema, answer, onChange } = props;
  const fields = schema.type === 'object' ? propertiesOf(schema) : [];
  if (fields.length === 0)
    return <SchemaField name={name} schema={schema} required={false} value={answer} onChange={onChange} />;
  const given = (answer ?? {}) as Record<string, unknown>;
  return (
    <fieldset className="form">
      <legend className="hidden">{name}</legend>
      {fields.map(([field, one]) => (
        <SchemaField
          key={field}
          name={field}
          schema={one}
          required={isRequired(schema, field)}
          value={given[field]}
          onChange={(value) => {
            const { [field]: _before, ...others } = given;
            onChange(value === undefined ? others : { ...others, [field]: value });
          }}
        />
      ))}
    </fieldset>
  );
}

/** What the schema requires of an object and nobody has given yet. */
export const missingIn = (schema: Schema, answer: unknown): string[] =>
  schema.type === 'object' && typeof answer === 'object' && answer !== null
    ? propertiesOf(schema)
        .map(([name]) => name)
        .filter((name) => isRequired(schema, name) && !(name in answer))
    : [];
