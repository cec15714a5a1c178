/** How people sign in here: asked by pages before they can sign in. */
import type { RequestHandler } from 'express';
import type { ApiContext } from '../context.js';

export function createSignInWaysRoute({ signInWays }: ApiContext): RequestHandler {
  return (_req, res) => {
    res.set('Cache-Control', 'no-cache').json(signInWays);
  };
}
