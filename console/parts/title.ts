/** The title of the browser's tab, and of what is shown in it. */
import { useEffect } from 'react';
import { createStore } from '../data/store.js';

export const pageTitle = createStore('');

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · perdure`;
    pageTitle.set(title);
  }, [title]);
}
