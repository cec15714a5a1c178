/** What a worker tells its workflows' sandbox, in front of the bundle, where payloads are sealed. */
export interface Sealing {
  /** Whether each tenant has a key of its own. */
  perTenant: boolean;
}

/** The sandbox's global that holds it. */
export const SEALING = 'perdureSealing';

/** Of a payload that is not sealed yet, where each tenant has a key of its own: whose it is. */
export const TENANT_METADATA = 'tenant';
