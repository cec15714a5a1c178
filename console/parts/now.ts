/** The server's time, told to components that show what grows older. */
import { useEffect, useState } from 'react';
import { serverNow } from '../data/clock.js';

/** @param everyMs null to stand still */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(() => serverNow());
  useEffect(() => {
    if (everyMs === null) return;
    setNow(serverNow());
    const timer = setInterval(() => {
      setNow(serverNow());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return now;
}
