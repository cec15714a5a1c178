/** What `fetch` throws, in words for people: its own are "fetch failed", and its cause has the reason. */
export function unreachable(what: string, error: unknown): Error {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new Error(`${what} cannot be reached: ${why}`, { cause: error });
}
