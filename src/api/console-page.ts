/** /console: the web console as the build has left it; one page, and files whose names change with their content. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Express, Request, RequestHandler } from 'express';
import { contentType } from 'mime-types';
import { PerdureError } from '../../contracts/errors.js';
import { onlyMethods } from './middleware/methods.js';

export const CONSOLE_PATH = '/console';

/** A year: of a name there is one content only. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** In the order of preference, with the ending of their files. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

/** Nothing inline, nothing from elsewhere but the sign-in; `blob:` is for previews of a run's images. */
const contentPolicy = (signInOrigin: string | null): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${signInOrigin === null ? '' : ` ${signInOrigin}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * @param folder what the build has made; null where there is none, and the console is not served
 * @param signInUrl of what people sign in at; null where that is nowhere else
 */
export function mountConsole(app: Express, folder: string | null, signInUrl: string | null): void {
  if (folder === null) return;
  const policy = contentPolicy(signInUrl === null ? null : new URL(signInUrl).origin);
  const read = remembered(folder);
  const assets = new Set(
    readdirSync(path.join(folder, 'assets'), { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    ),
  );
  const page: RequestHandler = async (req, res) => {
    const { encoding, content } = await read('index.html', req);
    // Which page comes is told by the address alone; it names the newest files, so it is asked for anew.
    res.set({
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-cache',
      Vary: 'Accept-Encoding',
    });
    if (encoding !== null) res.set('Content-Encoding', encoding);
    res.type('html').send(content);
  };
  const asset: RequestHandler = async (req, res) => {
    const name = String(req.params.name);
    if (!assets.has(name) || isCompressed(name))
      throw new PerdureError('not_found', `there is no file ${JSON.stringify(name.slice(0, 200))} here`);
    const { encoding, content } = await read(`assets/${name}`, req);
    res.set({ 'Cache-Control': FOR_EVER, 'Content-Type': contentType(name) || 'application/octet-stream' });
    res.vary('Accept-Encoding');
    if (encoding !== null) res.set('Content-Encoding', encoding);
    res.send(content);
  };
  app.route(`${CONSOLE_PATH}/assets/:name`).get(asset).all(onlyMethods('GET'));
  // The page finds out by itself what the rest of the address means.
  app
    .route([CONSOLE_PATH, `${CONSOLE_PATH}/*rest`])
    .get(page)
    .all(onlyMethods('GET'));
}

const isCompressed = (name: string): boolean => Object.values(ENCODINGS).some((end) => name.endsWith(end));

interface Encoded {
  encoding: keyof typeof ENCODINGS | null;
  content: Buffer;
}

/** Files from the folder in the encoding that the request likes best, each read once. */
function remembered(folder: string): (name: string, req: Request) => Promise<Encoded> {
  const contents = new Map<string, Promise<Buffer>>();
  const files = new Set(readdirSync(folder, { recursive: true }).map(String));
  const contentOf = (name: string): Promise<Buffer> => {
    const known = contents.get(name);
    if (known !== undefined) return known;
    const reading = readFile(path.join(folder, name));
    contents.set(name, reading);
    reading.catch(() => contents.delete(name));
    return reading;
  };
  return async (name, req) => {
    // Ours is the order among those that the request takes; its own is that of what it knows.
    const encoding =
      (Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[]).find(
        (one) => files.has(path.normalize(name + ENCODINGS[one])) && req.acceptsEncodings(one) === one,
      ) ?? null;
    return { encoding, content: await contentOf(encoding === null ? name : name + ENCODINGS[encoding]) };
  };
}
