/** Clients of the S3 SDK, with every wait bounded. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../../config/s3.js';

/** All in milliseconds. */
export interface S3Times {
  /** Until a connection stands. */
  connect: number;
  /** That a connection may be silent while we wait for it. */
  idle: number;
  /** Until the answer to one attempt begins; a slow line sends a part of a file in this. */
  attempt: number;
  /** For a call without content, all its attempts together. */
  call: number;
}

const defaultTimes: S3Times = { connect: 3_000, idle: 15_000, attempt: 120_000, call: 30_000 };

/** The first one and two more, with growing pauses: a server that asks for slower calls is obeyed. */
const MAX_ATTEMPTS = 3;
/** Twice as many as the worker has activities at once; more wait for a free one. */
const MAX_SOCKETS = 200;

export interface S3Options {
  times?: Partial<S3Times>;
  /**
   * Whether CRC32 is sent with every content and verified with every answer. True for AWS; others often refuse
   * what they do not know, and there the SHA-256 in each request's signature protects what is written.
   */
  checksums?: boolean;
}

export interface S3 {
  /** For all but reading files and making links. */
  client: S3Client;
  /** Leaves a silent connection alone: a slow reader makes one, and who reads watches for himself. */
  reading: S3Client;
  bucket: string;
  /** With a slash at its end, or empty. */
  prefix: string;
  times: S3Times;
  close: () => void;
}

export function openS3(config: S3Config, options: S3Options = {}): S3 {
  const times = { ...defaultTimes, ...options.times };
  const checksums = (options.checksums ?? config.endpoint === null) ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  const sockets = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agents = { httpAgent: new HttpAgent(sockets), httpsAgent: new HttpsAgent(sockets) };
  const client = (idle: number, requestChecksumCalculation: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED'): S3Client =>
    new S3Client({
      ...(config.endpoint !== null && { endpoint: config.endpoint }),
      ...(config.credentials !== null && { credentials: { ...config.credentials } }),
      region: config.region,
      forcePathStyle: config.pathStyle,
      maxAttempts: MAX_ATTEMPTS,
      retryMode: 'standard',
      requestChecksumCalculation,
      responseChecksumValidation: checksums,
      requestHandler: {
        ...agents,
        connectionTimeout: times.connect,
        requestTimeout: times.attempt,
        throwOnRequestTimeout: true,
        socketTimeout: idle,
      },
    });
  return {
    client: client(times.idle, checksums),
    // A link must not carry the checksum of the empty content that it is made with.
    reading: client(0, 'WHEN_REQUIRED'),
    bucket: config.bucket,
    prefix: config.prefix === '' ? '' : `${config.prefix}/`,
    times,
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}
