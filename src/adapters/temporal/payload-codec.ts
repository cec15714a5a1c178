/** Seals the payloads that go to Temporal and opens those that come back; what came in the clear stays readable. */
import {
  defaultPayloadConverter,
  type DataConverter,
  type Payload,
  type PayloadCodec,
  type SerializationContext,
} from '@temporalio/common';
// A CommonJS module whose names Node does not see.
import proto from '@temporalio/proto';
import { TENANT_METADATA } from '../../../contracts/sealing.js';
import type { DataKey, KeyRing } from '../../ports/key-ring.js';

const { Payload: message } = proto.temporal.api.common.v1;

/** As in Temporal's samples of every language. */
const ENCODING = 'binary/encrypted';
const ABOUT = 'temporal payload';
/** Workflows of which one process remembers whose they are. */
const MOST = 20_000;

/** Whose a workflow is; null of one that is no tenant's, or is not there. */
export type TenantOfWorkflow = (workflowId: string) => Promise<string | null>;

export interface SealingCodec extends PayloadCodec {
  /** Says whose a workflow is that is about to be started. */
  belongs(workflowId: string, tenantId: string): void;
}

/** @param tenantOf asked where nothing else tells, and each tenant has a key of its own */
export function createSealingCodec(ring: KeyRing, tenantOf: TenantOfWorkflow): SealingCodec {
  const tenants = new Map<string, string>();
  const note = (workflowId: string | undefined, tenantId: string): void => {
    if (workflowId === undefined) return;
    tenants.delete(workflowId);
    tenants.set(workflowId, tenantId);
    for (const oldest of tenants.keys()) {
      if (tenants.size <= MOST) break;
      tenants.delete(oldest);
    }
  };
  const keyFor = async (payloads: readonly Payload[], workflowId: string | undefined): Promise<DataKey> => {
    if (!ring.isPerTenant) return ring.current(null);
    const said = payloads.map(({ metadata }) => metadata?.[TENANT_METADATA]).find((tenant) => tenant != null);
    if (said !== undefined) return ring.current(JSON.parse(textOf(said)) as string);
    if (workflowId === undefined) return ring.current(null);
    const known = tenants.get(workflowId) ?? (await tenantOf(workflowId));
    if (known !== null) note(workflowId, known);
    return ring.current(known);
  };
  return {
    belongs: (workflowId, tenantId) => {
      if (ring.isPerTenant) note(workflowId, tenantId);
    },
    async encode(payloads, context) {
      if (payloads.length === 0) return payloads;
      const key = await keyFor(payloads, workflowOf(context));
      return payloads.map((payload) => ({
        metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(key.id) },
        data: key.seal(message.encode(payload).finish(), ABOUT),
      }));
    },
    decode: (payloads, context) =>
      Promise.all(
        payloads.map(async (payload) => {
          if (textOf(payload.metadata?.encoding) !== ENCODING) return payload;
          const key = await ring.find(textOf(payload.metadata?.['encryption-key-id']));
          if (key.tenantId !== null) note(workflowOf(context), key.tenantId);
          return message.decode(key.open(payload.data ?? new Uint8Array(), ABOUT));
        }),
      ),
  };
}

const workflowOf = (context: SerializationContext | undefined): string | undefined => context?.workflowId;

/**
 * Of clients that look at what stands outside of payloads, such as a workflow's status: they open none, and a key that
 * was destroyed hides no workflow from them.
 */
export const unopened: DataConverter = {
  payloadCodecs: [
    {
      encode: (payloads) => Promise.resolve(payloads),
      decode: (payloads) =>
        Promise.resolve(
          payloads.map((payload) =>
            textOf(payload.metadata?.encoding) === ENCODING
              ? defaultPayloadConverter.toPayload(null)
              : payload,
          ),
        ),
    },
  ],
};

const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();
