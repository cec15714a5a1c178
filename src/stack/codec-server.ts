/** `perdure codec-server`: lets Temporal's Web UI and command line read what is sealed. */
import http from 'node:http';
import { JSONToPayload, payloadToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createSealingCodec } from '../adapters/temporal/payload-codec.js';
import { createCodecApp, type JsonPayload } from '../api/codec/codec-app.js';
import { answerBrokenRequests } from '../api/broken-requests.js';
import { ConfigError, type Config } from '../config/env.js';
import type { KeyRing } from '../ports/key-ring.js';
import type { Logger } from '../ports/logger.js';
import { closeServer, listen } from './http-listener.js';
import { openKeyRing } from './key-ring.js';
import type { Running } from './lifecycle.js';
import { openRecords } from './open-adapters.js';
import { Releasers } from './releasers.js';

const GRACE_MS = 5_000;

/** @throws ConfigError for settings that are missing */
export async function startCodecServer(config: Config, logger: Logger): Promise<Running & { url: string }> {
  const { codec, encryption } = config;
  if (encryption === null)
    throw new ConfigError('PERDURE_ENCRYPTION_KEYS must be set: without keys there is nothing to open');
  if (codec.token === null)
    throw new ConfigError('PERDURE_CODEC_TOKEN must be set: it is what operators sign in with');
  const releasers = new Releasers();
  try {
    const store = encryption.perTenant
      ? (await openRecords(config, logger, releasers)).ports.tenantKeys
      : null;
    const ring = openKeyRing(config, store);
    if (ring === null) throw new Error('there are keys');
    const app = createCodecApp({
      ...{ token: codec.token, origins: codec.origins, logger },
      ...translations(ring, logger),
    });
    const server = http.createServer(app);
    answerBrokenRequests(server, logger);
    await listen(server, config.host, codec.port);
    releasers.push('the codec server', () => closeServer(server, GRACE_MS));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : codec.port;
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
    logger.info({ url, origins: codec.origins }, `the codec server listens at ${url}`);
    return { url, lost: new Promise(() => undefined), release: () => releasers.release(logger) };
  } catch (error) {
    await releasers.release(logger);
    throw error;
  }
}

function translations(
  ring: KeyRing,
  logger: Logger,
): Record<'decode' | 'encode', (payloads: JsonPayload[]) => Promise<JsonPayload[]>> {
  // Nobody tells it whose a payload is: what the Web UI writes is sealed by the deployment's key.
  const codec = createSealingCodec(ring, () => Promise.resolve(null));
  const decodeOne = async (payload: JsonPayload): Promise<JsonPayload> => {
    try {
      const [opened] = await codec.decode([JSONToPayload(payload)]);
      return opened === undefined ? payload : (payloadToJSON(opened) as JsonPayload);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      logger.warn({ err: error }, 'a payload cannot be opened');
      return said(`perdure cannot open this payload: ${why}`);
    }
  };
  return {
    decode: (payloads) => Promise.all(payloads.map(decodeOne)),
    encode: async (payloads) =>
      (await codec.encode(payloads.map((payload) => JSONToPayload(payload)))).map(
        (payload) => payloadToJSON(payload) as JsonPayload,
      ),
  };
}

const said = (text: string): JsonPayload => ({
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify(text)).toString('base64'),
});
