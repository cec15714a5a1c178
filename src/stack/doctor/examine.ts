/** Everything that perdure doctor looks at. */
import { createClient } from '../../client/client.js';
import type { Config } from '../../config/env.js';
import type { Logger } from '../../ports/logger.js';
import { modelChecks } from '../model-checks.js';
import { examineBackEnds, used } from './back-ends.js';
import { runCanary } from './canary.js';
import { reportOf, type Report } from './report.js';
import { examineTools } from './tools.js';
import { examineServer } from './server.js';

export async function examine(config: Config, logger: Logger): Promise<Report> {
  const client = createClient({ baseUrl: config.url, token: config.token ?? undefined });
  const [backEnds, server, tools, models] = await Promise.all([
    examineBackEnds(config, logger),
    examineServer(client, config.url),
    examineTools(config, logger),
    Promise.all(modelChecks(config, []).map((check) => used(check))),
  ]);
  // Last, so that what it waits for is known by then.
  return reportOf([...backEnds, ...server, ...tools, ...models, ...(await runCanary(client)).lines]);
}
