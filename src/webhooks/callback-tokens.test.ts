import { expect, test } from 'vitest';
import { createCallbackTokens } from './callback-tokens.js';

const tokens = createCallbackTokens(['present', 'former']);
const run = '01a20ece-690c-7598-bf9a-20235bb31fd5';

test('a token is known again, also by the former secret, and no other is', () => {
  const token = tokens.tokenOf(run, 'step-a');
  expect(tokens.read(token)).toEqual({ runId: run, approvalId: 'step-a' });
  expect(createCallbackTokens(['new', 'present']).read(token)).toEqual({ runId: run, approvalId: 'step-a' });
  expect(createCallbackTokens(['new']).read(token)).toBeNull();
  const [name = '', proof = ''] = token.split('.');
  const other = tokens.tokenOf(run, 'step-b');
  for (const forged of [
    ...[
      '',
      '.',
      name,
      `${name}.`,
      `.${proof}`,
      `${token}.x`,
      `${name}.${proof.slice(1)}`,
      'a.b',
      '%00',
      '💥.💥',
    ],
    `${other.split('.')[0] ?? ''}.${proof}`,
    `${Buffer.from('{"a":1}').toString('base64url')}.${proof}`,
    `${Buffer.from('[1,2]').toString('base64url')}.${proof}`,
  ])
    expect(tokens.read(forged), forged).toBeNull();
});
