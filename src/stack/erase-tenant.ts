/** `perdure tenants erase`: a tenant that leaves, with all that is its. */
import { PerdureError } from '../../contracts/errors.js';
import { createTenantWorkflows } from '../adapters/temporal/tenant-workflows.js';
import type { Records } from '../adapters/records/records.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { TenantWorkflows } from '../ports/tenant-workflows.js';
import type { Workspace } from '../ports/workspace.js';
import { openCommandRecords } from './embedded-database.js';
import { openWorkspace } from './open-workspace.js';
import { operatorAct } from './operator-act.js';
import { Releasers } from './releasers.js';
import { connectTemporal, temporalSecurity } from './temporal-connection.js';

export interface ErasedTenant {
  schedules: number;
  workflows: number;
  /** Of the tenant's own; none where there was none, and whatever the deployment's keys have sealed stays readable. */
  encryptionKeys: number;
  runs: number;
  apiKeys: number;
}

interface Places {
  records: Pick<Records, 'tenantKeys' | 'tenants' | 'audit'>;
  workspace: Pick<Workspace, 'deleteTenant'>;
  workflows: TenantWorkflows;
}

/** Runs whose rows are deleted at once. */
const PAGE = 100;

/**
 * Can be done again, after a failure half-way too. The order: what could begin anew is ended first, then the key, so that
 * what is left anywhere cannot be read, then the rest.
 * @throws PerdureError what a place throws
 */
export async function eraseTenant(places: Places, tenantId: string): Promise<ErasedTenant> {
  const { records, workspace, workflows } = places;
  const erased: ErasedTenant = { schedules: 0, workflows: 0, encryptionKeys: 0, runs: 0, apiKeys: 0 };
  try {
    // What was under way in between may have written once more: it is done until nothing is found.
    for (;;) {
      // The rows have the API keys, with which nothing can be submitted any more.
      const rows = await records.tenants.erase(tenantId, PAGE);
      const ended = await workflows.erase(tenantId);
      const encryptionKeys = await records.tenantKeys.destroy(tenantId);
      await workspace.deleteTenant(tenantId);
      erased.schedules += ended.schedules;
      erased.workflows += ended.workflows;
      erased.encryptionKeys += encryptionKeys;
      erased.runs += rows.runs;
      erased.apiKeys += rows.apiKeys;
      if (rows.runs + rows.apiKeys + ended.schedules + ended.workflows + encryptionKeys === 0) break;
    }
    await records.audit.append([operatorAct(tenantId, 'eraseTenant', null)]);
    return erased;
  } catch (error) {
    const outcome = error instanceof PerdureError ? error.code : 'internal';
    // What was begun is known, too; where it cannot be written, the error is what counts.
    await records.audit.append([operatorAct(tenantId, 'eraseTenant', null, outcome)]).catch(() => undefined);
    throw error;
  }
}

/** By the settings: the records, the files and the Temporal that are configured, or those of `npm start`. */
export async function eraseConfiguredTenant(
  config: Config,
  builtRoot: string,
  logger: Logger,
  tenantId: string,
): Promise<ErasedTenant> {
  const releasers = new Releasers();
  try {
    const records = await openCommandRecords(config, builtRoot, logger, releasers);
    const { port: workspace } = await openWorkspace(config, releasers, false);
    const address = config.temporalAddress ?? `127.0.0.1:${config.temporalPort}`;
    const connection = connectTemporal(address, await temporalSecurity(config));
    releasers.push('the connection to Temporal', () => connection.close());
    const workflows = createTenantWorkflows({ connection, namespace: config.temporalNamespace });
    return await eraseTenant({ records, workspace, workflows }, tenantId);
  } finally {
    await releasers.release(logger);
  }
}
