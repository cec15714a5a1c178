/** Whether the system wants it dark; what was chosen on the page is told by the theme. */
import { useSyncExternalStore } from 'react';

const query = matchMedia('(prefers-color-scheme: dark)');
const subscribe = (onChange: () => void): (() => void) => {
  query.addEventListener('change', onChange);
  return () => {
    query.removeEventListener('change', onChange);
  };
};

export const useDarkness = (): boolean => useSyncExternalStore(subscribe, () => query.matches);
