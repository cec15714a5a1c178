/** The document of the API. */
import type { RequestHandler } from 'express';
import { sendTagged } from '../entity-tag.js';
import { openApiDocument } from '../openapi/document.js';

/** Made when it is first asked for: it costs some milliseconds. */
export function createOpenApiRoute(): RequestHandler {
  let document: object | undefined;
  return (req, res) => {
    document ??= openApiDocument();
    sendTagged(req, res, document);
  };
}
