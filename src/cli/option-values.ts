/** Values of options that are given in a form of their own. */
import { InvalidArgumentError } from 'commander';
import { isTenantName } from '../../contracts/tenant-name.js';

/** `--metadata team=blue --metadata env=test`, gathered. */
export function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must look like name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** An option that may be given more than once. */
export const gathered = (text: string, before: string[] = []): string[] => [...before, text];

const budgetFields: Readonly<Record<string, string>> = {
  steps: 'maxSteps',
  tokens: 'maxTokens',
  cost: 'maxCostUsd',
  seconds: 'maxSeconds',
};

/** `--budget tokens=100000,cost=0.5,then=pause`, as a run's budget. Whether it fits is for the server to say. */
export function budget(
  text: string,
  before: Record<string, number | string> = {},
): Record<string, number | string> {
  const given = text.split(',').map((part): [string, number | string] => {
    const [name = '', value = ''] = part.split('=');
    if (name === 'then' && value !== '') return ['onExhausted', value];
    const field = budgetFields[name];
    const amount = Number(value);
    if (field === undefined || value === '' || Number.isNaN(amount))
      throw new InvalidArgumentError(
        'It must look like steps=50,tokens=100000,cost=0.5,seconds=600,then=pause.',
      );
    return [field, amount];
  });
  return { ...before, ...Object.fromEntries(given) };
}

/** The name of a tenant, by which all that is its is stored. */
export function tenant(text: string): string {
  if (!isTenantName(text))
    throw new InvalidArgumentError('A tenant has 1 to 80 printable ASCII characters, and no blanks.');
  return text;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
