/** What was attacked with, what was expected and what was seen; and what a person may still do. */
import { appendFileSync } from 'node:fs';
import { env as shell } from 'node:process';
import { expect, test } from 'vitest';

type Act = () => Promise<string> | string;

export interface Ledger {
  /** One attack, or several forms of one: `act` answers what was seen of it. */
  attack: (name: string, expected: string | RegExp, act: Act, timeoutMs?: number) => void;
  /** A request of somebody who means no harm. */
  legitimate: (name: string, expected: string | RegExp, act: Act) => void;
  /** To be called last: a suite that has lost its attacks must not pass. */
  atLeast: (attacks: number, legitimate: number) => void;
}

/** @param area for the report, which is appended to the file that ATTACKS_REPORT names, as lines of JSON */
export function ledgerOf(area: string): Ledger {
  const counts = { attack: 0, legitimate: 0 };
  const entry =
    (kind: keyof typeof counts) =>
    (
      name: string,
      expected: string | RegExp,
      act: () => Promise<string> | string,
      timeoutMs = 30_000,
    ): void => {
      counts[kind] += 1;
      test(`${kind === 'attack' ? '' : 'still works: '}${name}`, { timeout: timeoutMs }, async () => {
        const seen = await act();
        if (shell.ATTACKS_REPORT !== undefined)
          appendFileSync(
            shell.ATTACKS_REPORT,
            `${JSON.stringify({ area, kind, name, expected: String(expected), seen })}\n`,
          );
        if (typeof expected === 'string') expect(seen).toBe(expected);
        else expect(seen).toMatch(expected);
      });
    };
  return {
    attack: entry('attack'),
    legitimate: entry('legitimate'),
    atLeast(attacks, legitimate) {
      test(`${counts.attack} attacks and ${counts.legitimate} legitimate requests were made`, () => {
        expect(counts.attack).toBeGreaterThanOrEqual(attacks);
        expect(counts.legitimate).toBeGreaterThanOrEqual(legitimate);
      });
    },
  };
}

/** What was thrown, by its code; "no error" where nothing was. */
export const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof Error && 'code' in error
        ? String(error.code)
        : error instanceof Error
          ? error.name
          : 'thrown',
  );
