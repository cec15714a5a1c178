/** `perdure codec-server`: sealed payloads, opened for operators in the Temporal Web UI. */
import type { Command } from 'commander';
import { examples } from '../examples.js';

export function registerCodecServer(program: Command): void {
  program
    .command('codec-server')
    .description('open encrypted payloads for the Temporal Web UI, for whoever has PERDURE_CODEC_TOKEN')
    .addHelpText('after', examples('PERDURE_CODEC_ORIGINS=https://temporal.example.com perdure codec-server'))
    .action(async () => {
      const { runCodecServer } = await import('../../stack/main.js');
      await runCodecServer();
    });
}
