/** The body of an HTTP answer: decompressed, counted while it streams, and made into JSON, text or base64. */
import { isUtf8 } from 'node:buffer';
import { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';

export type ReadBody =
  | { encoding: 'json'; body: JsonValue }
  | { encoding: 'text'; body: string }
  | { encoding: 'base64'; body: string };

const decoders: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The body as it was before compression. An error of either stream ends the other.
 * @throws PerdureError `tool_failed` for a compression that was not asked for and is not known
 */
export function decompressed(source: Readable, contentEncoding: string): Readable {
  const encoding = contentEncoding.trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return source;
  const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (create === undefined)
    throw new PerdureError(
      'tool_failed',
      `the answer has an unknown content-encoding: ${encoding.slice(0, 50)}`,
    );
  const decoder = create();
  source.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => source.destroy());
  return source.pipe(decoder);
}

/** Passes chunks on and fails as soon as they are too many, so that a small zipped bomb stays small. */
export async function* limited(source: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield buffer;
  }
}

export const tooLarge = (maxBytes: number): PerdureError =>
  new PerdureError(
    'tool_limit_exceeded',
    `the answer is larger than maxBytes (${maxBytes}); raise maxBytes, or name a file in saveAs`,
  );

/** The first 200 characters of a failed answer, for its message; what comes after is not waited for. */
export async function beginning(source: Readable, contentEncoding: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of decompressed(source, contentEncoding)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= 1_000) break;
    }
  } catch {
    // The status is what matters; a broken body must not hide it.
  }
  return Buffer.concat(chunks)
    .toString()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, 200)
    .trim();
}

/** JSON where the server says so and it is; else text where the bytes are text; else base64. */
export function readBody(bytes: Buffer, contentType: string): ReadBody {
  const text = asText(bytes, contentType);
  if (text === undefined) return { encoding: 'base64', body: bytes.toString('base64') };
  if (/^\s*(?:application|text)\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(contentType)) {
    try {
      return { encoding: 'json', body: JSON.parse(text) as JsonValue };
    } catch {
      // Mislabelled: the text is worth more than an error.
    }
  }
  return { encoding: 'text', body: text };
}

/** The bytes decide, not the type: servers send CSV as octet-stream. Undefined for what is not text. */
function asText(bytes: Buffer, contentType: string): string | undefined {
  if (isUtf8(bytes)) return bytes.includes(0) ? undefined : new TextDecoder().decode(bytes);
  const charset = /;\s*charset="?([^\s";]+)/i.exec(contentType)?.[1];
  if (charset === undefined) return undefined;
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    // An unknown charset, or bytes that are not in it.
    return undefined;
  }
}
