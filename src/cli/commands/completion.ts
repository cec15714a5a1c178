/** `perdure completion`: what shells need to complete our words. */
import { Argument, type Command } from 'commander';
import { examples } from '../examples.js';

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples(
        'source <(perdure completion bash)                                     # in ~/.bashrc',
        'perdure completion zsh > "${fpath[1]}/_perdure"',
        'perdure completion fish > ~/.config/fish/completions/perdure.fish',
      ),
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { placesOf } = await import('../completion/grammar.js');
      const { shells } = await import('../completion/shells.js');
      process.stdout.write(shells[shell](placesOf(program)));
    });
}
