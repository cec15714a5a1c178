/** Which build a poller is of. */

// Source: temporal.api.enums.v1.WorkerVersioningMode.
const VERSIONED = 2;

/** @returns null for a worker without versions */
export const buildOf = (
  options: { workerVersioningMode?: number | null; buildId?: string | null } | null | undefined,
): string | null =>
  options?.workerVersioningMode?.valueOf() === VERSIONED ? (options.buildId ?? null) : null;
