/** The health command of images: exit code 0 where the process answers. `node scripts/healthcheck.mjs /readyz` asks more. */
import http from 'node:http';

const { PERDURE_WORKER_PORT, PORT = '8080' } = process.env;
const path = process.argv[2] ?? '/healthz';
http
  .get({ host: '127.0.0.1', port: PERDURE_WORKER_PORT ?? PORT, path, timeout: 4_000 }, ({ statusCode }) => {
    process.exit(statusCode === 200 ? 0 : 1);
  })
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
