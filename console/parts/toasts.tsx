/** Short messages in the corner, for what was done or refused. */
import { CircleCheck, CircleX, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { createStore, useStore } from '../data/store.js';

interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

const toasts = createStore<readonly Toast[]>([]);
let lastId = 0;
const GOOD_MS = 5_000;
const BAD_MS = 12_000;

const remove = (id: number): void => {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
};

function show(tone: Toast['tone'], text: string): void {
  const id = (lastId += 1);
  toasts.set([...toasts.get().slice(-3), { id, tone, text }]);
  setTimeout(
    () => {
      remove(id);
    },
    tone === 'good' ? GOOD_MS : BAD_MS,
  );
}

export const say = (text: string): void => {
  show('good', text);
};
export const complain = (error: unknown): void => {
  show('bad', error instanceof Error ? error.message : String(error));
};

export function Toasts(): ReactElement {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status">
      {shown.map(({ id, tone, text }) => (
        <div key={id} className="toast" data-tone={tone}>
          {tone === 'good' ? <CircleCheck aria-hidden="true" /> : <CircleX aria-hidden="true" />}
          <div>{text}</div>
          <button
            type="button"
            className="button quiet icon"
            aria-label="Dismiss"
            onClick={() => {
              remove(id);
            }}
          >
            <X aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
