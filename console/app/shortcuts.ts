/** Keys that work on every page, wherever nothing is being typed. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { createStore } from '../data/store.js';
import { places } from './places.js';

const SECOND_KEY_MS = 1_200;
const KEY = 'perdure.keys';

/** Whoever speaks to the machine, or hits keys by chance, switches them off: WCAG 2.1.4. Remembered in this browser. */
export const keysAreOn = createStore(localStorage.getItem(KEY) !== 'off');

export function switchKeys(on: boolean): void {
  keysAreOn.set(on);
  localStorage.setItem(KEY, on ? 'on' : 'off');
}

/** Elements that a key puts the focus on name it: `data-key="/"`. */
export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let isSecond = false;
    const onKey = (event: KeyboardEvent): void => {
      if (
        !keysAreOn.get() ||
        event.defaultPrevented ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target)
      )
        return;
      if (isSecond) {
        isSecond = false;
        const place = places.find(({ key }) => key === event.key);
        if (place === undefined) return;
        event.preventDefault();
        void navigate({ to: place.to });
      } else if (event.key === 'g') {
        isSecond = true;
        setTimeout(() => {
          isSecond = false;
        }, SECOND_KEY_MS);
      } else if (event.key === '?') {
        event.preventDefault();
        onHelp();
      } else if (event.key.length === 1) {
        const named = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key)}"]`);
        if (named === null) return;
        event.preventDefault();
        named.focus();
        if (named instanceof HTMLButtonElement || named instanceof HTMLAnchorElement) named.click();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  }, [navigate, onHelp]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="dialog"], [role="menu"]') !== null);
