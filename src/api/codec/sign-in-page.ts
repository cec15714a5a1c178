/** Where an operator's browser hands the token over: a form, and no script. */
import type { RequestHandler } from 'express';

export const signInPage: RequestHandler = (_req, res) => {
  res
    .set('Content-Security-Policy', "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
    .type('html')
    .send(page);
};

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>perdure: payloads for the Temporal Web UI</title>
<h1>Payloads for the Temporal Web UI</h1>
<form method="post" action="/sign-in">
<label>PERDURE_CODEC_TOKEN <input name="token" type="password" autocomplete="off" required></label>
<button>Sign in</button>
</form>
</html>
`;
