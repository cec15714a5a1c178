/** Asks who this is, once the server has said that it wants to know. */
import { useState, type ReactElement } from 'react';
import { queries } from '../data/queries.js';
import { client, signIn, signInNeeded, signOut, token } from '../data/session.js';
import { Mark } from './mark.js';

export function SignIn(): ReactElement {
  const [value, setValue] = useState('');
  const [fault, setFault] = useState(token.get() === null ? null : 'That key is not valid any more.');
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    signIn(value.trim());
    try {
      await client.list({ limit: 1 });
      await queries.invalidateQueries();
    } catch (error) {
      signOut();
      setFault(error instanceof Error ? error.message : String(error));
      signInNeeded.set(true);
    }
    setBusy(false);
  };
  return (
    <main className="sign-in">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="brand">
          <Mark />
          perdure
        </div>
        <h1>Sign in</h1>
        <div className="field">
          <label htmlFor="key">API key or token</label>
          <input
            id="key"
            className="input mono"
            type="password"
            autoComplete="off"
            required
            value={value}
            aria-describedby="key-hint"
            aria-invalid={fault !== null}
            onChange={(event) => {
              setValue(event.target.value);
            }}
          />
          <p className="hint" id="key-hint">
            It is kept until this tab is closed. An administrator makes keys under “API keys”, or by{' '}
            <code>perdure keys create</code>.
          </p>
          {fault !== null && (
            <p className="fault" role="alert">
              {fault}
            </p>
          )}
        </div>
        <button type="submit" className="button primary" disabled={busy}>
          Sign in
        </button>
      </form>
    </main>
  );
}
