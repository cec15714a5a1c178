/** What the command's exit code says; `perdure --help`, docs/cli.md and docs/operating.md list them. */
export const exitCodes = {
  ok: 0,
  /** What was asked for could not be done, or ended badly. */
  failed: 1,
  /** The command line, a variable, or what a back end says about one is wrong: trying again changes nothing. */
  misused: 2,
  /** The run that was followed failed. */
  runFailed: 3,
  /** The run that was followed was cancelled. */
  runCancelled: 4,
  /** The server cannot be reached. */
  unreachable: 5,
  /** Ctrl-C, as shells say it; what the server does goes on. */
  interrupted: 130,
} as const;

/** An end of a command that is told in one sentence, without a stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
