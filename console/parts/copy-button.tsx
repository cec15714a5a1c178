/** Puts a text on the clipboard, and says so. */
import { Check, Copy } from 'lucide-react';
import { useEffect, useState, type ReactElement, type ReactNode } from 'react';
import { complain } from './toasts.js';

const SAID_MS = 1_600;

export function CopyButton(props: { text: string; what: string; children?: ReactNode }): ReactElement {
  const { text, what, children } = props;
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, SAID_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true);
      },
      () => {
        complain('The browser does not let this page write to the clipboard.');
      },
    );
  };
  return (
    <button
      type="button"
      className={children === undefined ? 'button quiet icon' : 'button'}
      aria-label={children === undefined ? `Copy ${what}` : undefined}
      onClick={copy}
    >
      {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      {children}
      <span className="hidden" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}
