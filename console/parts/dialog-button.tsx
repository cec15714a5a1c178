/** A button that opens a dialog, which is there for as long as it is open. */
import type { LucideIcon } from 'lucide-react';
import { useState, type ReactElement, type ReactNode } from 'react';

export function DialogButton(props: {
  icon: LucideIcon;
  label: string;
  className?: string;
  /** The dialog. */
  children: (close: () => void) => ReactNode;
}): ReactElement {
  const { icon: Icon, label, className = 'button', children } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={className}
        onClick={() => {
          setOpen(true);
        }}
      >
        <Icon aria-hidden="true" /> {label}
      </button>
      {open &&
        children(() => {
          setOpen(false);
        })}
    </>
  );
}
