/** The document of the API. */
import type { RequestHandler } from 'express';
import { openApiDocument } from '../openapi/document.js';

/** Made when it is first asked for: it costs some milliseconds. */
export function createOpenApiRoute(): RequestHandler {
  let document: Buffer | undefined;
  return (_req, res) => {
    document ??= Buffer.from(JSON.stringify(openApiDocument()));
    res.set('Cache-Control', 'no-cache').type('application/json').send(document);
  };
}
