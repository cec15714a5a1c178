/** Refusals of a caller who is not known or may not, in the words of RFC 6750 too. */
import type { Scope } from '../../../contracts/principal.js';
import { Refusal, type Holder } from '../refusal.js';

/** Nobody said who they are: RFC 6750, 3.1 wants no error code in the header then. */
export const signInFirst = (): Refusal =>
  new Refusal(
    'unauthenticated',
    'the request has no Authorization header; send "Authorization: Bearer" with a token or an API key',
    { headers: challenge({}) },
  );

/**
 * @param why what is wrong, never what the token says
 * @param holder whose it is, where that is proven
 */
export const badToken = (why: string, cause?: unknown, holder?: Holder): Refusal =>
  new Refusal('unauthenticated', why, {
    headers: challenge({ error: 'invalid_token', error_description: why }),
    cause,
    holder,
  });

export function scopeMissing(needed: Scope, has: Scope): Refusal {
  const why = `this call needs the scope ${needed}, and the caller has ${has}`;
  return new Refusal('insufficient_scope', why, {
    headers: challenge({ error: 'insufficient_scope', scope: needed, error_description: why }),
  });
}

export function shareLinkOnly(): Refusal {
  const why = 'this link was shared to show one run, and opens nothing else';
  return new Refusal('insufficient_scope', why, {
    headers: challenge({ error: 'insufficient_scope', error_description: why }),
  });
}

export function operatorMissing(): Refusal {
  const why =
    'this call is for operators: people whose token says app_metadata.perdure_operator, and PERDURE_METRICS_TOKEN';
  return new Refusal('insufficient_scope', why, {
    headers: challenge({ error: 'insufficient_scope', error_description: why }),
  });
}

/** Values of attributes have no quotes, backslashes or characters beyond ASCII (RFC 6750, 3). */
function challenge(attributes: Record<string, string>): Record<string, string> {
  const parts = Object.entries({ realm: 'perdure', ...attributes }).map(
    ([name, value]) => `${name}="${value.replaceAll(/[^\x20-\x7e]|["\\]/g, "'")}"`,
  );
  return { 'WWW-Authenticate': `Bearer ${parts.join(', ')}` };
}
