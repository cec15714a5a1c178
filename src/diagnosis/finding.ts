/** What a rule has found. */
import type { Why } from '../../contracts/why.js';

export type Finding = Pick<Why, 'state' | 'cause' | 'sentence' | 'whatToDo'> & {
  evidence?: Why['evidence'];
};

/** Evidence without what is not known. */
export const known = (facts: Record<string, string | number | null | undefined>): Why['evidence'] =>
  Object.entries(facts).flatMap(([what, value]) =>
    value === null || value === undefined || value === '' ? [] : [{ what, value: String(value) }],
  );
