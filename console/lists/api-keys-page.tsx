/** Keys with which programs call, and people sign in here. */
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import { client } from '../data/session.js';
import { CopyButton } from '../parts/copy-button.js';
import { ConfirmDialog } from '../parts/confirm-dialog.js';
import { Dialog } from '../parts/dialog.js';
import { fullTime } from '../parts/format.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';
import { useAction } from '../run/use-action.js';

const scopes = {
  read: 'read: look',
  write: 'write: submit, cancel, change',
  audit: 'audit: read the audit log, and nothing else',
  admin: 'admin: and make keys',
} as const;
type Scope = keyof typeof scopes;

export function ApiKeysPage(): ReactElement {
  useTitle('API keys');
  const { data, error, refetch } = useQuery({
    queryKey: ['api-keys'],
    queryFn: ({ signal }) => client.apiKeys.list({ signal }),
  });
  const revoke = useAction((id: string) => client.apiKeys.revoke(id), 'The key is revoked.');
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  const now = Date.now();
  const close = (): void => {
    setRevoking(null);
  };
  return (
    <div className="page narrow">
      <h1>API keys</h1>
      <NewKey />
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="API keys" />}
      {data?.apiKeys.length === 0 && <Empty icon={KeyRound} title="No keys yet" />}
      {data !== undefined && data.apiKeys.length > 0 && (
        <div className="card scroll-x" tabIndex={0} role="group" aria-label="API keys">
          <table className="table">
            <thead>
              <tr>
                {['Name', 'Begins with', 'Scope', 'Made', 'Last used', 'Expires', ''].map((name) => (
                  <th key={name} scope="col">
                    {name === '' ? <span className="hidden">Actions</span> : name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.apiKeys.map(
                ({ id, name, prefix, scope, createdAt, lastUsedAt, expiresAt, revokedAt }) => {
                  const isOver = revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) < now);
                  return (
                    <tr key={id} className={isOver ? 'dim' : ''}>
                      <td>{name}</td>
                      <td className="mono">{prefix}…</td>
                      <td>{scope}</td>
                      <td className="when">{fullTime(createdAt)}</td>
                      <td className="when">{lastUsedAt === null ? 'never' : fullTime(lastUsedAt)}</td>
                      <td>
                        {revokedAt !== null ? 'revoked' : expiresAt === null ? 'never' : fullTime(expiresAt)}
                      </td>
                      <td>
                        {!isOver && (
                          <button
                            type="button"
                            className="button danger"
                            onClick={() => {
                              setRevoking({ id, name });
                            }}
                          >
                            Revoke
                          </button>
                        )}
                      </td>
                    </tr>
                  );
                },
              )}
            </tbody>
          </table>
        </div>
      )}
      <ConfirmDialog
        open={revoking !== null}
        onClose={close}
        title={`Revoke “${revoking?.name ?? ''}”?`}
        description="Whatever uses it is refused within ten seconds. This cannot be undone."
        verb="Revoke"
        onConfirm={() => {
          if (revoking !== null) revoke.mutate(revoking.id, { onSuccess: close });
        }}
      />
    </div>
  );
}

function NewKey(): ReactElement {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('write');
  const [made, setMade] = useState<string | null>(null);
  const create = useAction(() => client.apiKeys.create({ name: name.trim(), scope }), 'The key is made.');
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined, {
          onSuccess: ({ token }) => {
            setMade(token);
            setName('');
          },
        });
      }}
    >
      <input
        className="input search"
        aria-label="Name of the new key"
        placeholder="What is it for?"
        required
        maxLength={100}
        value={name}
        onChange={({ target }) => {
          setName(target.value);
        }}
      />
      <select
        className="input select wide"
        aria-label="Scope"
        value={scope}
        onChange={({ target }) => {
          setScope((Object.keys(scopes) as Scope[]).find((one) => one === target.value) ?? 'write');
        }}
      >
        {(Object.keys(scopes) as Scope[]).map((one) => (
          <option key={one} value={one}>
            {scopes[one]}
          </option>
        ))}
      </select>
      <button type="submit" className="button primary" disabled={create.isPending || name.trim() === ''}>
        Make a key
      </button>
      <Dialog
        open={made !== null}
        onClose={() => {
          setMade(null);
        }}
        title="The new key"
        description="It is shown this once. Keep it where programs find it and people do not."
      >
        <pre className="code">{made}</pre>
        <div className="buttons">
          <CopyButton text={made ?? ''} what="the key">
            Copy
          </CopyButton>
          <button
            type="button"
            className="button primary"
            onClick={() => {
              setMade(null);
            }}
          >
            I have it
          </button>
        </div>
      </Dialog>
    </form>
  );
}
