/** Which keys do what. */
import type { ReactElement } from 'react';
import { Dialog } from '../parts/dialog.js';
import { places } from './places.js';

const keys: readonly (readonly [string, string])[] = [
  ['/', 'Search'],
  ['j  k', 'Down and up in a list'],
  ['Enter', 'Open'],
  ['n', 'New run'],
  ['Esc', 'Close'],
  ['?', 'This help'],
];

export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }): ReactElement {
  const all = [...keys, ...places.map(({ key, name }) => [`g  ${key}`, name] as const)];
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard">
      <dl className="facts">
        {all.map(([key, what]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>
              {key.split('  ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="buttons">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
