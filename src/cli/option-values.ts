/** Values of options that are given in a form of their own. */
import { InvalidArgumentError } from 'commander';

/** `--metadata team=blue --metadata env=test`, gathered. */
export function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must look like name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** An option that may be given more than once. */
export const gathered = (text: string, before: string[] = []): string[] => [...before, text];

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
