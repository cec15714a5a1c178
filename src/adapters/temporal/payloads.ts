/** How values are written into Temporal and read from it, by clients and workers alike: in the clear, or sealed. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@temporalio/client';
import { defaultPayloadConverter, type DataConverter, type Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { searchAttributes } from '../../../contracts/messages.js';
import type { KeyRing } from '../../ports/key-ring.js';
import { isNotFound } from './grpc-status.js';
import { createSealingCodec, type SealingCodec } from './payload-codec.js';

type Failure = temporal.api.failure.v1.IFailure;

export interface Payloads {
  /** Of every client and every worker. */
  readonly converter: DataConverter;
  /** Null where payloads go in the clear. */
  readonly sealing: { readonly perTenant: boolean } | null;
  /** Says whose a workflow is that is about to be started. */
  belongs(workflowId: string, tenantId: string): void;
  /** The value of a payload as Temporal has it. */
  read(payload: Payload): Promise<unknown>;
  /** What a failure says. */
  message(failure: Failure): Promise<string>;
  /** A text where Temporal takes no payload, such as a schedule's note. */
  sealText(text: string, tenantId: string): Promise<string>;
  openText(text: string): Promise<string>;
  /** @throws PerdureError where nothing can be written, for the present key cannot be had */
  check(): Promise<void>;
}

export const plainPayloads: Payloads = {
  converter: {},
  sealing: null,
  belongs: () => undefined,
  read: (payload) => Promise.resolve(defaultPayloadConverter.fromPayload<unknown>(payload)),
  message: ({ message }) => Promise.resolve(message ?? ''),
  sealText: (text) => Promise.resolve(text),
  openText: (text) => Promise.resolve(text),
  check: () => Promise.resolve(),
};

export interface SealedPayloadsOptions {
  ring: KeyRing;
  connection: Connection;
  namespace: string;
}

export function createSealedPayloads({ ring, connection, namespace }: SealedPayloadsOptions): Payloads {
  const codec = createSealingCodec(ring, (workflowId) => tenantOf(connection, namespace, workflowId));
  const read = async (payload: Payload): Promise<unknown> =>
    defaultPayloadConverter.fromPayload(await only(codec.decode([payload])));
  return {
    converter: { payloadCodecs: [codec], failureConverterPath },
    sealing: { perTenant: ring.isPerTenant },
    belongs: (workflowId, tenantId) => {
      codec.belongs(workflowId, tenantId);
    },
    read,
    async message({ encodedAttributes, message }) {
      if (encodedAttributes === null || encodedAttributes === undefined) return message ?? '';
      const { message: sealed } = (await read(encodedAttributes)) as { message?: string };
      return sealed ?? '';
    },
    sealText: (text, tenantId) => sealText(codec, text, tenantId),
    openText: (text) => openText(codec, text),
    async check() {
      await ring.current(null);
    },
  };
}

/** Beside this file, and beside its transpiled twin: Temporal's SDK requires it. */
const failureConverterPath = createRequire(import.meta.url).resolve(
  fileURLToPath(new URL('./failure-converter.cjs', import.meta.url)),
);

async function tenantOf(
  connection: Connection,
  namespace: string,
  workflowId: string,
): Promise<string | null> {
  try {
    const { workflowExecutionInfo: info } = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId },
    });
    const payload = info?.searchAttributes?.indexedFields?.[searchAttributes.tenantId];
    const value: unknown = payload == null ? null : defaultPayloadConverter.fromPayload(payload);
    return typeof value === 'string' ? value : null;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

const SEALED = 'sealed:';

async function sealText(codec: SealingCodec, text: string, tenantId: string): Promise<string> {
  const id = `text of ${tenantId}`;
  codec.belongs(id, tenantId);
  const { metadata, data } = await only(
    codec.encode([defaultPayloadConverter.toPayload(text)], {
      type: 'workflow',
      namespace: '',
      workflowId: id,
    }),
  );
  const key = Buffer.from(metadata?.['encryption-key-id'] ?? []).toString('base64url');
  return `${SEALED}${key}.${Buffer.from(data ?? []).toString('base64url')}`;
}

async function openText(codec: SealingCodec, text: string): Promise<string> {
  const [, key, data] = /^sealed:([\w-]+)\.([\w-]+)$/.exec(text) ?? [];
  if (key === undefined || data === undefined) return text;
  const payload = {
    metadata: {
      encoding: Buffer.from('binary/encrypted'),
      'encryption-key-id': Buffer.from(key, 'base64url'),
    },
    data: Buffer.from(data, 'base64url'),
  };
  return defaultPayloadConverter.fromPayload(await only(codec.decode([payload])));
}

async function only(payloads: Promise<Payload[]>): Promise<Payload> {
  const [payload] = await payloads;
  if (payload === undefined) throw new Error('a codec answers as many payloads as it is given');
  return payload;
}
