/** What must not be done twice, however often it is tried. */
import { useRef } from 'react';

/**
 * Calls with a key that stays the same for the same content until it has succeeded: where the answer to a first try was
 * lost, the second finds what the first has done.
 */
export function useOnce(): <Result>(
  content: unknown,
  act: (idempotencyKey: string) => Promise<Result>,
) => Promise<Result> {
  const last = useRef<{ content: string; key: string } | null>(null);
  return async (content, act) => {
    const text = JSON.stringify(content);
    if (last.current?.content !== text) last.current = { content: text, key: crypto.randomUUID() };
    const result = await act(last.current.key);
    last.current = null;
    return result;
  };
}
