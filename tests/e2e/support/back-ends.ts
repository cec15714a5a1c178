/** The back ends of production on this machine: Temporal, Supabase's Postgres and PostgREST, S3, and Redis with TLS. */
import { startSupabase, type TestSupabase } from '../../../src/adapters/supabase/testing/supabase.js';
import { testTemporal } from '../../../src/adapters/embedded/testing/backends.js';
import type { TemporalServer } from '../../../src/adapters/embedded/temporal-server.js';
import {
  redisMissing,
  startRedis,
  type TestRedis,
} from '../../../src/adapters/redis/testing/redis-server.js';
import { missingS3, startS3, type S3Server } from '../../../src/adapters/s3/testing/start-s3.js';
import { runCommand } from './perdure-process.js';

export interface BackEnds {
  readonly supabase: TestSupabase;
  readonly s3: S3Server;
  readonly redis: TestRedis;
  readonly temporal: TemporalServer;
  /** Of a person who is signed in, for an hour. */
  readonly token: string;
  /** What a process is told of them. */
  readonly env: Readonly<Record<string, string>>;
  release(): Promise<void>;
}

/** @returns why one cannot be had here; null where all can */
export const missingBackEnds = async (): Promise<string | null> =>
  (await redisMissing()) ?? (await missingS3());

/** Migrated by `perdure migrate`. */
/** @param ownTemporal in place of one that only starts and ends */
export async function startBackEnds(ownTemporal?: Promise<TemporalServer>): Promise<BackEnds> {
  const opened: { release: () => Promise<void> }[] = [];
  const open = async <Server extends { release: () => Promise<void> }>(
    server: Promise<Server>,
  ): Promise<Server> => {
    const opening = await server;
    opened.push(opening);
    return opening;
  };
  const release = async (): Promise<void> => {
    for (let next = opened.pop(); next !== undefined; next = opened.pop()) await next.release();
  };
  try {
    const temporal = await open(ownTemporal ?? testTemporal());
    const supabase = await open(startSupabase());
    const s3 = await open(startS3());
    const redis = await open(startRedis());
    const { config } = s3;
    const env = {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_UI_URL: temporal.uiUrl,
      SUPABASE_URL: supabase.url,
      SUPABASE_SERVICE_ROLE_KEY: supabase.serviceRoleKey,
      // Named, for an API that reaches the records by another way has the same issuer.
      PERDURE_JWKS_URL: supabase.jwksUrl,
      PERDURE_JWT_ISSUER: supabase.issuer,
      S3_ENDPOINT: config.endpoint,
      S3_BUCKET: config.bucket,
      S3_ACCESS_KEY_ID: config.credentials?.accessKeyId ?? '',
      S3_SECRET_ACCESS_KEY: config.credentials?.secretAccessKey ?? '',
      REDIS_URL: redis.url,
      REDIS_CA_FILE: redis.caFile ?? '',
    };
    const { code, output } = await runCommand('perdure migrate', {
      ...env,
      DATABASE_URL: supabase.databaseUrl,
    });
    if (code !== 0) throw new Error(output);
    const token = await supabase.sign({ sub: 'a-person', app_metadata: { tenant_id: 'acme' } });
    return { supabase, s3, redis, temporal, token, env, release };
  } catch (error) {
    await release();
    throw error;
  }
}
