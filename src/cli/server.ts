/** The server that a command calls, and how the command ends when the server does not do as it is asked. */
import { createClient, PerdureApiError, PerdureConnectionError, type Client } from '../client/client.js';
import { readConfig } from '../config/env.js';
import { CliError, exitCodes } from './exit-codes.js';

/**
 * Calls the server of PERDURE_URL. Ctrl-C aborts the signal, and the command ends with 130 unless it answers by
 * itself; a second Ctrl-C ends it at once.
 *
 * @throws CliError in a sentence for what the server or the network says
 */
export async function withServer(use: (client: Client, signal: AbortSignal) => Promise<void>): Promise<void> {
  const config = readConfig();
  const client = createClient({ baseUrl: config.url, token: config.token ?? undefined });
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once('SIGINT', interrupt);
  try {
    await use(client, interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw told(error, config.token);
    process.exitCode = exitCodes.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function told(error: unknown, token: string | null): unknown {
  if (error instanceof PerdureConnectionError)
    return new CliError(
      `${error.message}; is perdure running (npm start), and is PERDURE_URL right?`,
      exitCodes.unreachable,
      { cause: error },
    );
  if (!(error instanceof PerdureApiError)) return error;
  const { advice, errors = [], code } = error.problem;
  const lines = [error.message];
  // The detail of one wrong field names it already.
  if (errors.length > 1) lines.push(...errors.map(({ field, message }) => `  ${field}: ${message}`));
  if (error.status === 401 && token === null)
    lines.push('Set PERDURE_TOKEN to a token or an API key (perdure keys create).');
  // That the fields say what is wrong need not be said beside them.
  else if (advice !== undefined && errors.length === 0) lines.push(advice);
  if (code !== undefined) lines.push(`(${code})`);
  return new CliError(lines.join('\n'), exitCodes.failed, { cause: error });
}
