/** Where a worker process answers probes and tells its metrics, whichever kind of worker it is. */
import { CONTENT_TYPE, type Metrics } from '../adapters/prometheus/metrics.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { RunMeter } from '../ports/meters.js';
import { createHealthServer, type WorkerHealth } from '../worker/health-server.js';
import { closeServer, listen } from './http-listener.js';
import { metricsReader } from './metrics-reader.js';
import type { Releasers } from './releasers.js';

export interface ProbeOptions extends Omit<WorkerHealth, 'metrics'> {
  config: Config;
  logger: Logger;
  metrics: Pick<Metrics, 'text'>;
  meter: Pick<RunMeter, 'polling'>;
}

/** Nowhere where no port is set. */
export async function openProbes(options: ProbeOptions, releasers: Releasers): Promise<void> {
  const { config, logger, metrics, meter, start, isPolling, draining } = options;
  if (config.workerPort === null) return;
  const health = createHealthServer(
    {
      ...{ start, isPolling, draining },
      metrics: {
        contentType: CONTENT_TYPE,
        text: () => metrics.text(),
        // No tenant reaches this port, which tells of readiness to anybody, too.
        mayRead: metricsReader(config.metricsToken, 'anybody'),
        polling: (seen) => {
          meter.polling(seen);
        },
      },
    },
    logger.child({ component: 'health' }),
  );
  const server = await listen(health, config.host, config.workerPort);
  releasers.push('the probes', () => closeServer(server, 1_000));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.workerPort;
  logger.info({ port }, `the worker answers probes at http://${config.host}:${port}`);
}
