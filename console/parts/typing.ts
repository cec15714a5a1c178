/** A text that is typed into a field, and told on when there is a pause; what changes it elsewhere shows in the field. */
import { useEffect, useState } from 'react';

const PAUSE_MS = 250;

/** @returns what the field holds, and what it calls with each change */
export function useTyping(text: string, onPause: (text: string) => void): [string, (typed: string) => void] {
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    // A blank at its end may be followed by a word.
    setTyped((before) => (before.trim() === text ? before : text));
  }, [text]);
  useEffect(() => {
    if (typed.trim() === text) return;
    const timer = setTimeout(() => {
      onPause(typed.trim());
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only what is typed starts the wait
  }, [typed]);
  return [typed, setTyped];
}
