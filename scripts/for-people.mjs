/** What is said of an error that ends a command. */
const FOR_PEOPLE = ['StartupError', 'ConfigError', 'CliError', 'MigrationError', 'SetupError'];
/** What terminals obey, or turns the direction of writing around: what a server says may quote anybody. */
const obeyed = /(?![\n\t])[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Says it on standard error: in one sentence where a person can do something about it; as one line of JSON where the
 * command was to print JSON.
 * @returns the exit code
 */
export function exitCodeOf(error) {
  const isForPeople = error instanceof Error && FOR_PEOPLE.includes(error.name);
  const exitCode = (isForPeople ? error.exitCode : undefined) ?? 1;
  if (process.argv.includes('--json'))
    console.error(JSON.stringify({ error: asData(error, exitCode) }).replace(obeyed, escaped));
  else if (isForPeople) console.error(`perdure: ${error.message.replace(obeyed, '')}`);
  else console.error('perdure: this is a defect, please report it:', error);
  return exitCode;
}

/** What a server said of it is said again. */
function asData(error, exitCode) {
  const problem = error?.cause?.problem;
  return {
    code: problem?.code ?? null,
    message: problem?.detail ?? (error instanceof Error ? error.message : String(error)),
    exitCode,
    ...(problem?.errors === undefined ? {} : { errors: problem.errors }),
  };
}
