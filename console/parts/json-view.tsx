/** JSON with colours, and a button that copies it. */
import { Fragment, useMemo, type ReactElement } from 'react';
import { CopyButton } from './copy-button.js';

/** Characters that are shown; the copy has all. */
const MOST = 60_000;
const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

export function JsonView({ value, label }: { value: unknown; label: string }): ReactElement {
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  const shown = text.length > MOST ? text.slice(0, MOST) : text;
  const pieces = useMemo(() => coloured(shown), [shown]);
  return (
    <div className="with-copy">
      <CopyButton text={text} what={label} />
      {/* Whoever has no mouse scrolls it by its own keys. */}
      <pre className="code" tabIndex={0} role="group" aria-label={label}>
        {pieces}
        {shown.length < text.length && `\n… ${text.length - shown.length} characters more; copy has them all`}
      </pre>
    </div>
  );
}

function coloured(text: string): ReactElement[] {
  const pieces: ReactElement[] = [];
  let last = 0;
  for (const match of text.matchAll(token)) {
    const [all, string, colon, word] = match;
    if (match.index > last) pieces.push(<Fragment key={last}>{text.slice(last, match.index)}</Fragment>);
    const kind =
      string === undefined
        ? word === undefined
          ? 'number'
          : 'word'
        : colon === undefined
          ? 'string'
          : 'key';
    pieces.push(
      <span key={`${match.index}-${kind}`} className={kind}>
        {colon === undefined ? all : string}
      </span>,
    );
    if (colon !== undefined) pieces.push(<Fragment key={`${match.index}-colon`}>{colon}</Fragment>);
    last = match.index + all.length;
  }
  pieces.push(<Fragment key="rest">{text.slice(last)}</Fragment>);
  return pieces;
}
