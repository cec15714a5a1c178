/** Whose the runs of the scheduled canary are: a tenant of their own, so that they stand in nobody's lists. */
export const CANARY_TENANT = 'perdure-canary';
