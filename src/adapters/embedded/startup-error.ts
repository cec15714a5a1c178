/** A start that cannot succeed: the message is a whole sentence for the person at the terminal. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly exitCode = 1;
}

/** Whether `error` comes from the operating system with one of these codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
