/** `perdure webhooks`: what a receiver needs to check what it is sent. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { writeJson } from '../output.js';

export function registerWebhooks(program: Command): void {
  program
    .command('webhooks')
    .description('tell others when runs end')
    .addHelpText('after', examples('perdure webhooks secret https://app.example.com/hooks/perdure'))
    .command('secret <url>')
    .description('the secret by which the receiver at this address checks what it is sent')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples('perdure webhooks secret https://app.example.com/hooks/perdure'))
    .action(async (url: string, { json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        const answer = await client.webhookSecret(url, { signal });
        if (json === true) writeJson(answer);
        else process.stdout.write(`${answer.secret}\n`);
      });
    });
}
