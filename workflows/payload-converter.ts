/**
 * How a workflow's values become payloads. Where each tenant has a key of its own a payload says whose it is, for the
 * codec that seals it is not told: not of a child that is about to be started.
 */
import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';
import { inWorkflowContext, workflowInfo } from '@temporalio/workflow';
import { searchAttributes } from '../contracts/messages.js';
import { TENANT_METADATA } from '../contracts/sealing.js';
import { sealing } from './sealing.js';

export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => {
    const payload = defaultPayloadConverter.toPayload(value, context);
    if (sealing()?.perTenant !== true) return payload;
    const tenant = tenantId();
    if (tenant === undefined) return payload;
    // As JSON, which is what there is to make bytes of a text in here.
    const { data } = defaultPayloadConverter.toPayload(tenant);
    return { ...payload, metadata: { ...payload.metadata, [TENANT_METADATA]: data ?? new Uint8Array() } };
  },
  fromPayload: (payload, context) => defaultPayloadConverter.fromPayload(payload, context),
};

function tenantId(): string | undefined {
  // The SDK writes some failures from outside.
  if (!inWorkflowContext()) return undefined;
  const found = workflowInfo()
    .typedSearchAttributes.getAll()
    .find(({ key }) => key.name === searchAttributes.tenantId);
  return typeof found?.value === 'string' ? found.value : undefined;
}
