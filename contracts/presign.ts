/** Links by which one file is read or written in the store itself, without passing through the API. */
import { z } from 'zod';

export type { PresignedRequest } from './answers.js';

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
  })
  .meta({
    oneOf: [
      { properties: { method: { const: 'PUT' } }, required: ['bytes'] },
      { properties: { method: { const: 'GET' } }, not: { required: ['bytes'] } },
    ],
  });

export type PresignOptions = { expiresSeconds: number } & (
  { method: 'GET' } | { method: 'PUT'; bytes: number }
);
