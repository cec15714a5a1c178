/** The version of perdure.schema_version() that this build was written for. */
export const SCHEMA_VERSION = 23;
