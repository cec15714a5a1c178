/** What is said of an error that ends a command. */
const FOR_PEOPLE = ['StartupError', 'ConfigError', 'CliError', 'MigrationError', 'SetupError'];

/** Says it on standard error: in one sentence where a person can do something about it. @returns the exit code */
export function exitCodeOf(error) {
  if (error instanceof Error && FOR_PEOPLE.includes(error.name)) {
    console.error(`perdure: ${error.message}`);
    return error.exitCode ?? 1;
  }
  console.error('perdure: this is a defect, please report it:', error);
  return 1;
}
