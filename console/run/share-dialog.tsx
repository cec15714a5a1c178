/** Links that show this run to whoever has them. */
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import type { NewShareLink, ShareLink } from '../../contracts/share-links.js';
import { client } from '../data/session.js';
import { CopyButton } from '../parts/copy-button.js';
import { Dialog } from '../parts/dialog.js';
import { ago, fullTime } from '../parts/format.js';
import { Failure } from '../parts/notices.js';
import { useNow } from '../parts/now.js';
import { useAction } from './use-action.js';

const lives = [
  ['An hour', 3_600],
  ['A day', 86_400],
  ['A week', 604_800],
  ['30 days', 2_592_000],
] as const;

export function ShareDialog({ runId, onClose }: { runId: string; onClose: () => void }): ReactElement {
  const [seconds, setSeconds] = useState<number>(604_800);
  const [made, setMade] = useState<NewShareLink | null>(null);
  const { data, error } = useQuery({
    queryKey: ['share links', runId],
    queryFn: ({ signal }) => client.shareLinks.list(runId, { signal }),
  });
  const make = useAction(
    () => client.shareLinks.create(runId, { expiresInSeconds: seconds }),
    'The link is made.',
  );
  const address = made?.url == null ? null : location.origin + made.url;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Share this run"
      description="Whoever has the link sees this run as it goes, its plan, its events and its files, without signing in; and can change nothing."
    >
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(undefined, { onSuccess: setMade });
        }}
      >
        <label htmlFor="share-life">It works for</label>
        <select
          id="share-life"
          className="input select"
          value={seconds}
          onChange={({ target }) => {
            setSeconds(Number(target.value));
          }}
        >
          {lives.map(([name, life]) => (
            <option key={life} value={life}>
              {name.toLowerCase()}
            </option>
          ))}
        </select>
        <button type="submit" className="button primary end" disabled={make.isPending}>
          Make a link
        </button>
      </form>
      {address !== null && (
        <div className="field">
          <label htmlFor="share-link">The link, shown this once</label>
          <div className="row share-link">
            <input id="share-link" className="input mono" readOnly value={address} />
            <CopyButton text={address} what="the link" />
          </div>
        </div>
      )}
      {error !== null && <Failure error={error} />}
      {data !== undefined && data.shareLinks.length > 0 && (
        <section aria-label="Links so far" className="field">
          <span className="label">Links so far</span>
          <ul className="rows card">
            {data.shareLinks.map((link) => (
              <Entry key={link.id} runId={runId} link={link} />
            ))}
          </ul>
        </section>
      )}
      <div className="buttons">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Entry({ runId, link }: { runId: string; link: ShareLink }): ReactElement {
  const now = useNow(10_000);
  const revoke = useAction<undefined, unknown>(
    () => client.shareLinks.revoke(runId, link.id),
    'The link is revoked; it opens nothing any more within seconds.',
  );
  const isOver = link.revokedAt !== null || Date.parse(link.expiresAt) <= now;
  return (
    <li className={isOver ? 'dim' : ''}>
      <span>
        made {ago(link.createdAt, now)}
        {link.lastUsedAt === null ? ', never used' : `, last used ${ago(link.lastUsedAt, now)}`}
      </span>
      <span className="end small" title={fullTime(link.expiresAt)}>
        {link.revokedAt !== null ? 'revoked' : isOver ? 'expired' : `until ${fullTime(link.expiresAt)}`}
      </span>
      {!isOver && (
        <button
          type="button"
          className="button"
          disabled={revoke.isPending}
          onClick={() => {
            revoke.mutate(undefined);
          }}
        >
          Revoke
        </button>
      )}
    </li>
  );
}
