/** Runs through npm start: everything embedded, in one process. */
import { runsSuite } from './runs.suite.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

runsSuite('embedded back ends', async () => {
  const temporary = await temporaryDirectory();
  const perdure = await PerdureProcess.start(temporary.directory);
  return {
    url: perdure.url,
    client: perdure.client,
    headers: perdure.headers,
    async stop() {
      await perdure.stop();
      await temporary.remove();
    },
  };
});
