/** Who may read the metrics: whoever brings the token that is set; where none is, as the process says. */
import { createHash, timingSafeEqual } from 'node:crypto';

export type MetricsReader = (authorization: string | undefined) => boolean;

/** @param without the token, where none is set */
export function metricsReader(token: string | null, without: 'anybody' | 'nobody'): MetricsReader {
  if (token === null) return () => without === 'anybody';
  const wanted = digest(token);
  return (authorization) => {
    const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), wanted);
  };
}

/** Of one length, whatever was sent. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
