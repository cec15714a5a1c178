/** Secrets that plans and models may name, as an operator declares them in secrets.yaml: who may have each, and where. */
import { z } from 'zod';

const host = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/, 'must be a host in lower case, or host:port');
const place = z
  .string()
  .regex(/^[a-z][\w-]*\.[\w-]+$/, 'must be the name of a tool of yours, a dot, and one of its arguments');

const declared = z
  .strictObject({
    /** Where http_fetch may send it, in a header. */
    hosts: z.array(host).default([]),
    /** Which arguments of the operator's own tools take it. */
    tools: z.array(place).default([]),
    /** Whose runs may name it; those of all where it is left out. */
    tenants: z.array(z.string().min(1)).min(1).optional(),
  })
  .refine(
    ({ hosts, tools }) => hosts.length + tools.length > 0,
    'needs hosts or tools, or it could go nowhere',
  );

export const secretName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, "_" or "-", a letter first');

export const secretsFileSchema = z.strictObject({ secrets: z.record(secretName, declared) });
export type DeclaredSecret = z.infer<typeof declared>;
