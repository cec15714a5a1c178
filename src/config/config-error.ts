/** A variable that cannot be used; the message names it and says what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** As of every wrong use: trying again changes nothing. */
  readonly exitCode = 2;
}
