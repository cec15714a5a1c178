/** Links by which one file is read or written in the store itself, without passing through the API. */
import { z } from 'zod';

/** How long a link lasts, in seconds: unless told, and at most. */
const DEFAULT_SECONDS = 900;
const MAX_SECONDS = 3_600;

export const presignSchema = z
  .strictObject({
    method: z.enum(['GET', 'PUT'], 'must be GET or PUT'),
    expiresSeconds: z.int().min(1).max(MAX_SECONDS).default(DEFAULT_SECONDS),
    /** Of the file that will be sent: the link takes exactly so many. */
    bytes: z.int().min(0).optional(),
  })
  .refine(({ method, bytes }) => (method === 'PUT') === (bytes !== undefined), {
    path: ['bytes'],
    message: 'must be given with PUT, and only there',
  });

export type PresignOptions = { expiresSeconds: number } & (
  { method: 'GET' } | { method: 'PUT'; bytes: number }
);

/** A request that anybody who has it may send, once or more, until it expires. */
export interface PresignedRequest {
  method: 'GET' | 'PUT';
  url: string;
  /** To be sent with it as they are. */
  headers: Record<string, string>;
  /** ISO 8601. */
  expiresAt: string;
}
