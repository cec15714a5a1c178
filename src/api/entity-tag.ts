/** Answers in JSON that have a tag, so that who has them already gets 304. Source: RFC 9110, 8.8.3 and 13.1.2. */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';

/** @param tag of the value; unless told, of the bytes themselves: it changes when they do, whatever they are made from */
export function sendTagged(req: Request, res: Response, value: object, tag?: string): void {
  const body = Buffer.from(JSON.stringify(value));
  const etag = tag ?? `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  // Kept by who asked, and asked for anew each time.
  res.set({ ETag: etag, 'Cache-Control': 'private, no-cache' });
  if (matchesTag(req.get('if-none-match'), etag)) res.status(304).end();
  else res.type('application/json').send(body);
}

/** If-None-Match compares weakly. */
export const matchesTag = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
