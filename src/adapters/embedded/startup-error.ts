/** A start that cannot succeed: the message is a whole sentence for the person at the terminal. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  /** 1; 2 where trying again changes nothing; 5 where a command could not reach what it asks. */
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** In words, why the operating system refused a file or a folder. */
export function refusal(error: unknown): string {
  if (hasCode(error, 'EEXIST', 'ENOTDIR')) return 'a file is in its place';
  if (hasCode(error, 'EISDIR')) return 'a folder is in its place';
  if (hasCode(error, 'ENOENT')) return 'nothing can be made there';
  if (hasCode(error, 'EACCES', 'EPERM')) return 'it may not be written to';
  if (hasCode(error, 'EROFS')) return 'its file system is read-only';
  if (hasCode(error, 'ENOSPC')) return 'its disk is full';
  return error instanceof Error ? error.message : String(error);
}

/** Whether `error` comes from the operating system with one of these codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
