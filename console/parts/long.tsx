/** A text of a program, which may be a thousand lines: its beginning, and the rest where somebody wants it. */
import { useState, type ReactElement } from 'react';
import { count } from './format.js';

const MOST = 400;

export function Long({ text }: { text: string }): ReactElement {
  const [open, setOpen] = useState(false);
  if (text.length <= MOST + 100) return <span dir="auto">{text}</span>;
  return (
    <>
      <span dir="auto">{open ? text : `${text.slice(0, MOST)}…`}</span>{' '}
      <button
        type="button"
        className="link"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {open ? 'Less' : `${count(text.length - MOST)} characters more`}
      </button>
    </>
  );
}
