/** A piece of the document as it stands in it; a test holds the whole against the schema of OpenAPI 3.1. */
export type Json = Record<string, unknown>;
