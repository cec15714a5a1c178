/** HTTP APIs as an operator declares them, in http.yaml: a document of OpenAPI 3, and what of it may be called. */
import { z } from 'zod';
import { secretName, secretsIn } from '../secrets.js';

const apiName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 lower-case letters, digits or "-", a letter first');

const withSecrets = z
  .record(
    z.string().regex(/^[\w-]+$/, 'must be the name of a header or of a query parameter'),
    z
      .string()
      .max(10_000)
      .refine((text) => secretsIn(text) !== undefined, `may refer to ${secretName('NAME')} only`),
  )
  .default({});

const httpApi = z.strictObject({
  /** A file beside this one, of YAML or JSON. */
  document: z.string().min(1),
  /** Where it is; nothing above or beside this address is ever called. */
  baseUrl: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }),
  /** By operationId: no other is there. */
  operations: z.array(z.string().min(1).max(128)).min(1),
  /** By operationId; of the others a GET or HEAD is read, and everything else irreversible. */
  effects: z.record(z.string(), z.enum(['read', 'reversible', 'irreversible'])).default({}),
  /** Sent with every call, and known to no plan and no model. */
  headers: withSecrets,
  query: withSecrets,
  /** A header that the API takes the key of a call from, so that one that is made twice acts once. */
  idempotencyHeader: z
    .string()
    .regex(/^[\w-]+$/, 'must be the name of a header')
    .optional(),
  timeoutSeconds: z.int().min(1).max(3_600).default(60),
  maxBytes: z.int().min(1_000).max(30_000_000).default(5_000_000),
});

export const httpFileSchema = z.strictObject({ apis: z.record(apiName, httpApi) });
export type HttpApi = z.infer<typeof httpApi> & { name: string };
