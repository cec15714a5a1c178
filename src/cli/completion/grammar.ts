/** The command line's words, as completions need them: what may stand after which commands. */
import type { Command } from 'commander';

export interface Word {
  text: string;
  description: string;
}

export interface Place {
  /** The commands so far, each after a slash: "" for none, "/runs/ls". */
  at: string;
  commands: Word[];
  options: (Word & { short: string | undefined; takesValue: boolean })[];
}

export function placesOf(command: Command, at = ''): Place[] {
  const options = command.options.map(({ long, short, description, required, optional }) => ({
    text: long ?? '',
    short,
    description,
    takesValue: required || optional,
  }));
  const help = { text: '--help', short: '-h', description: 'how it is used', takesValue: false };
  const commands = command.commands.map((child) => ({
    text: child.name(),
    description: child.description(),
  }));
  return [
    { at, commands, options: [...options, help] },
    ...command.commands.flatMap((child) => placesOf(child, `${at}/${child.name()}`)),
  ];
}
