/** Asks once more before something that cannot be taken back. */
import type { ReactElement } from 'react';
import { Dialog } from './dialog.js';

export function ConfirmDialog(props: {
  open: boolean;
  onClose: () => void;
  title: string;
  description: string;
  /** What the button says that does it. */
  verb: string;
  onConfirm: () => void;
}): ReactElement {
  const { open, onClose, title, description, verb, onConfirm } = props;
  return (
    <Dialog open={open} onClose={onClose} title={title} description={description}>
      <div className="buttons">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="button danger primary" onClick={onConfirm}>
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
