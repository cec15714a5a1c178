/** /docs: the API's document for people, by Swagger UI from node_modules; nothing is loaded from elsewhere. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Express } from 'express';
import { addressOf } from '../../contracts/api.js';
import { onlyMethods } from './middleware/methods.js';

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;
const HOUR_MS = 3_600_000;

// Swagger UI writes style attributes; scripts and requests are ours alone.
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>perdure: HTTP API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <noscript>This page needs JavaScript; the document itself is at <a href="${addressOf('openApi')}">${addressOf('openApi')}</a>.</noscript>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/page.js"></script>
  </body>
</html>
`;

// No validatorUrl: it would send the document to a server of Swagger's.
const script = `SwaggerUIBundle({
  url: ${JSON.stringify(addressOf('openApi'))},
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

export function mountDocs(app: Express): void {
  const assets = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const text = (address: string, type: string, body: string): void => {
    app
      .route(address)
      .get((_req, res) => {
        res
          .set({ 'Content-Security-Policy': CONTENT_POLICY, 'Cache-Control': 'no-cache' })
          .type(type)
          .send(body);
      })
      .all(onlyMethods('GET'));
  };
  text('/docs', 'html', page);
  text('/docs/page.js', 'js', script);
  for (const asset of ASSETS)
    app
      .route(`/docs/${asset}`)
      .get((_req, res, next) => {
        res.sendFile(asset, { root: assets, maxAge: HOUR_MS }, (error: Error | undefined) => {
          if (error !== undefined && !res.headersSent) next(error);
        });
      })
      .all(onlyMethods('GET'));
}
