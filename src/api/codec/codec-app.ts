/**
 * The codec server of Temporal's Web UI and command line (their "remote codec"): opens sealed payloads for operators
 * who have the token. Browsers sign in once and are known by a cookie, for the Web UI sends no token of its own.
 */
import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import type { Logger } from '../../ports/logger.js';
import { createJsonBody } from '../middleware/json-body.js';
import { notFound } from '../middleware/not-found.js';
import { createProblemHandler } from '../middleware/problem.js';
import { requestId } from '../middleware/request-id.js';
import { securityHeaders } from '../middleware/security-headers.js';
import { createCodecSignIn } from './codec-sign-in.js';
import { signInPage } from './sign-in-page.js';

/** As in protobuf's JSON: bytes in base64. */
export interface JsonPayload {
  metadata?: Record<string, string>;
  data?: string;
}

export interface CodecAppOptions {
  token: string;
  /** Of the Web UIs whose pages may ask. */
  origins: readonly string[];
  /** One that cannot be opened is answered by a payload that says why. */
  decode: (payloads: JsonPayload[]) => Promise<JsonPayload[]>;
  encode: (payloads: JsonPayload[]) => Promise<JsonPayload[]>;
  logger: Logger;
}

const MAX_BYTES = 16_000_000;
const MOST = 5_000;

export function createCodecApp({ token, origins, decode, encode, logger }: CodecAppOptions): Express {
  const signIn = createCodecSignIn(token);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestId, securityHeaders);
  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/', signInPage);
  app.post('/sign-in', express.urlencoded({ extended: false, limit: 10_000 }), (req, res) => {
    const given: unknown = (req.body as Record<string, unknown> | undefined)?.token;
    if (typeof given !== 'string' || !signIn.isToken(given)) throw refused();
    res
      .set('Set-Cookie', signIn.newCookie())
      .type('text/plain')
      .send('Signed in: the Web UI can read payloads.\n');
  });
  const shared = cors({
    origin: [...origins],
    methods: ['POST'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-Namespace'],
    credentials: true,
    maxAge: 7_200,
  });
  // A page of another site may send, with the cookie; it is told nothing, and what it sends is refused.
  const known: RequestHandler = (req, _res, next) => {
    const { origin, authorization, cookie } = req.headers;
    if (origin !== undefined && !origins.includes(origin))
      throw new PerdureError('host_not_allowed', 'this page is not one that payloads are opened for');
    if (!signIn.knows(authorization, cookie)) throw refused();
    next();
  };
  const answer =
    (translate: CodecAppOptions['decode']): RequestHandler =>
    async (req, res) => {
      const payloads = payloadsOf(req.body);
      res.set('Cache-Control', 'no-store').json({ payloads: await translate(payloads) });
    };
  app.options(['/decode', '/encode'], shared);
  app.post('/decode', shared, known, ...createJsonBody(MAX_BYTES), answer(decode));
  app.post('/encode', shared, known, ...createJsonBody(MAX_BYTES), answer(encode));
  app.use(notFound);
  app.use(createProblemHandler(logger));
  return app;
}

const refused = (): PerdureError =>
  new PerdureError('unauthenticated', 'payloads are opened for whoever has PERDURE_CODEC_TOKEN');

function payloadsOf(body: unknown): JsonPayload[] {
  const payloads: unknown = (body as { payloads?: unknown } | undefined)?.payloads;
  if (!Array.isArray(payloads) || payloads.length > MOST || !payloads.every(isPayload))
    throw new PerdureError('invalid_request', `payloads must be a list of at most ${MOST} payloads`, {
      errors: [{ field: 'payloads', message: `must be a list of at most ${MOST} payloads` }],
    });
  return payloads;
}

const isPayload = (value: unknown): value is JsonPayload => {
  if (typeof value !== 'object' || value === null) return false;
  const { metadata, data } = value as Record<string, unknown>;
  return (
    (data === undefined || typeof data === 'string') &&
    (metadata === undefined ||
      (typeof metadata === 'object' &&
        metadata !== null &&
        Object.values(metadata).every((text) => typeof text === 'string')))
  );
};
