/** What processes apart must share: each missing setting is named, with what it would break. */
import { ConfigError, type Config } from '../config/env.js';

/**
 * @param command as the person typed it
 * @throws ConfigError
 */
export function refuseUnshared(config: Config, command: string): void {
  const { isOne: isOfTools } = config.toolWorkers;
  const missing = [
    config.temporalAddress === null && 'TEMPORAL_ADDRESS',
    !isOfTools &&
      config.databaseUrl === null &&
      config.supabase === null &&
      'DATABASE_URL, or SUPABASE_URL with SUPABASE_SERVICE_ROLE_KEY',
    config.s3 === null &&
      'S3_BUCKET (a file that one process keeps on its own disk is missing in the others)',
    // What tools tell of their progress is all that a worker of tools has to say there.
    !isOfTools &&
      config.redis === null &&
      'REDIS_URL (streams of one process would not hear of what the others do)',
  ].filter((line) => line !== false);
  if (missing.length > 0)
    throw new ConfigError(
      `${command} needs back ends that all processes share, and these are not set: ${missing.join('; ')}. ` +
        'npm start runs everything in one process and embeds what is not set',
    );
}
