/** Asks who this is, once the server has said that it wants to know. */
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement, type ReactNode } from 'react';
import { queries } from '../data/queries.js';
import { loadPeople, personSignedIn, rememberWhere, signInWithKey } from '../data/session.js';
import type { People } from '../data/people.js';
import { Failure, Loading } from '../parts/notices.js';
import { Mark } from './mark.js';

export function SignIn(): ReactElement {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['sign-in'],
    queryFn: async () => {
      const people = await loadPeople();
      return people === null ? null : { people, ways: await people.ways() };
    },
    staleTime: Infinity,
  });
  return (
    <main className="sign-in">
      <div className="card">
        <div className="brand">
          <Mark />
          perdure
        </div>
        <h1>Sign in</h1>
        {isPending && <Loading what="the ways to sign in" lines={3} />}
        {error !== null && <Failure error={error} again={() => void refetch()} />}
        {data != null ? (
          <>
            <Providers people={data.people} names={data.ways.providers} />
            {data.ways.email && <EmailForm people={data.people} />}
            <details>
              <summary>With an API key</summary>
              <KeyForm />
            </details>
          </>
        ) : (
          !isPending && <KeyForm />
        )}
      </div>
    </main>
  );
}

/** Does something once, and says what went wrong. */
function useAttempt(): {
  busy: boolean;
  fault: string | null;
  attempt: (act: () => Promise<void>) => void;
} {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const attempt = (act: () => Promise<void>): void => {
    setBusy(true);
    setFault(null);
    act()
      .catch((error: unknown) => {
        setFault(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        setBusy(false);
      });
  };
  return { busy, fault, attempt };
}

const Fault = ({ children }: { children: ReactNode }): ReactElement => (
  <p className="fault" role="alert">
    {children}
  </p>
);

function Providers({ people, names }: { people: People; names: readonly string[] }): ReactElement | null {
  const { busy, fault, attempt } = useAttempt();
  if (names.length === 0) return null;
  return (
    <div className="field">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          className="button"
          disabled={busy}
          onClick={() => {
            rememberWhere();
            attempt(() => people.withProvider(name));
          }}
        >
          Go on with {nameOf(name)}
        </button>
      ))}
      {fault !== null && <Fault>{fault}</Fault>}
    </div>
  );
}

const nameOf = (provider: string): string =>
  ({ github: 'GitHub', gitlab: 'GitLab', linkedin_oidc: 'LinkedIn', azure: 'Microsoft' })[provider] ??
  provider.charAt(0).toUpperCase() + provider.slice(1);

/** By password, or by a code that is sent. */
function EmailForm({ people }: { people: People }): ReactElement {
  const [email, setEmail] = useState('');
  const [secret, setSecret] = useState('');
  const [byCode, setByCode] = useState(false);
  const { busy, fault, attempt } = useAttempt();
  const enter = async (): Promise<void> => {
    if (byCode) await people.withCode(email.trim(), secret.trim());
    else await people.withPassword(email.trim(), secret);
    await personSignedIn();
    await queries.invalidateQueries();
  };
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(enter);
      }}
    >
      <label htmlFor="email">E-mail</label>
      <input
        id="email"
        className="input"
        type="email"
        autoComplete="username"
        required
        readOnly={byCode}
        value={email}
        onChange={({ target }) => {
          setEmail(target.value);
        }}
      />
      <label htmlFor="secret">{byCode ? 'Code from the e-mail' : 'Password'}</label>
      <input
        // One for each, so that no password ends up among codes.
        key={byCode ? 'code' : 'password'}
        id="secret"
        className="input"
        type={byCode ? 'text' : 'password'}
        inputMode={byCode ? 'numeric' : 'text'}
        autoComplete={byCode ? 'one-time-code' : 'current-password'}
        required
        value={secret}
        aria-invalid={fault !== null}
        onChange={({ target }) => {
          setSecret(target.value);
        }}
      />
      {fault !== null && <Fault>{fault}</Fault>}
      <div className="buttons">
        <button
          type="button"
          className="button quiet"
          disabled={busy || email.trim() === ''}
          onClick={() => {
            setSecret('');
            if (byCode) setByCode(false);
            else
              attempt(async () => {
                await people.sendCode(email.trim());
                setByCode(true);
              });
          }}
        >
          {byCode ? 'With a password' : 'Send me a code'}
        </button>
        <button type="submit" className="button primary" disabled={busy}>
          Sign in
        </button>
      </div>
    </form>
  );
}

function KeyForm(): ReactElement {
  const [value, setValue] = useState('');
  const { busy, fault, attempt } = useAttempt();
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(async () => {
          await signInWithKey(value.trim());
          await queries.invalidateQueries();
        });
      }}
    >
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
      {fault !== null && <Fault>{fault}</Fault>}
      <button type="submit" className="button primary" disabled={busy}>
        Sign in
      </button>
    </form>
  );
}
