/** Which keys do what. */
import type { ReactElement } from 'react';
import { Dialog } from '../parts/dialog.js';
import { useStore } from '../data/store.js';
import { places } from './places.js';
import { keysAreOn, switchKeys } from './shortcuts.js';

const keys: readonly (readonly [string, string])[] = [
  ['/', 'Search'],
  ['j  k', 'Down and up in a list'],
  ['Enter', 'Open'],
  ['← → ↑ ↓', 'From step to step of a graph'],
  ['+  -  0', 'A graph from nearer, from afar, whole'],
  ['n', 'New run'],
  ['Esc', 'Close'],
  ['?', 'This help'],
];

export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }): ReactElement {
  const on = useStore(keysAreOn);
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
      <label className="choice">
        <input
          type="checkbox"
          checked={on}
          onChange={({ target }) => {
            switchKeys(target.checked);
          }}
        />
        Keys without Ctrl do something
      </label>
      <div className="buttons">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
