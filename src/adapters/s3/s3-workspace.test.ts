import { describe, test } from 'vitest';
import { workspaceSuite } from '../../../tests/port-suites/workspace.suite.js';
import { createS3Workspace } from './s3-workspace.js';
import { missingS3, startS3 } from './testing/start-s3.js';

const missing = await missingS3();
if (missing === null)
  for (const checksums of [false, true])
    workspaceSuite(`S3, ${checksums ? 'with' : 'without'} CRC32 on everything`, async () => {
      const server = await startS3();
      const { workspace, close } = createS3Workspace(server.config, { checksums });
      const release = async (): Promise<void> => {
        close();
        await server.release();
      };
      return { workspace, release };
    });
else
  describe('S3', () => {
    test.skip(`skipped: ${missing}`);
  });
