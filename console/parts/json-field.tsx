/** A text field that takes JSON, and says where it is none. */
import { useId, type ReactElement, type ReactNode } from 'react';

export interface JsonText {
  text: string;
  /** Undefined while the text is no JSON, and where it is empty. */
  value: unknown;
  fault: string | null;
}

export const jsonText = (value: unknown): JsonText => ({
  text: JSON.stringify(value, null, 2),
  value,
  fault: null,
});

export const noJson: JsonText = { text: '', value: undefined, fault: null };

export function readJson(text: string): JsonText {
  if (text.trim() === '') return { text, value: undefined, fault: null };
  try {
    return { text, value: JSON.parse(text) as unknown, fault: null };
  } catch (error) {
    return { text, value: undefined, fault: error instanceof Error ? error.message : String(error) };
  }
}

export function JsonField(props: {
  label: string;
  json: JsonText;
  onChange: (json: JsonText) => void;
  rows?: number;
  hint?: ReactNode;
}): ReactElement {
  const { label, json, onChange, rows = 6, hint } = props;
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="input mono"
        rows={rows}
        spellCheck={false}
        value={json.text}
        aria-invalid={json.fault !== null}
        aria-describedby={`${id}-more`}
        onChange={(event) => {
          onChange(readJson(event.target.value));
        }}
      />
      <div id={`${id}-more`}>
        {hint !== undefined && <p className="hint">{hint}</p>}
        {json.fault !== null && (
          <p className="fault" role="alert">
            This is no JSON: {json.fault}
          </p>
        )}
      </div>
    </div>
  );
}
