/** Where a program outside sends what a step waits for. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../data/session.js';
import { CopyButton } from '../parts/copy-button.js';
import { fullTime } from '../parts/format.js';

export function CallbackAddress({ runId, stepId }: { runId: string; stepId: string }): ReactElement | null {
  const { data } = useQuery({
    queryKey: ['callbacks', runId, stepId],
    queryFn: ({ signal }) => client.callbacks(runId, { signal }),
  });
  const callback = data?.callbacks.find((one) => one.stepId === stepId);
  // Who may not have it is told of nothing.
  if (callback === undefined) return null;
  const address = location.origin + callback.url;
  const curl = `curl '${address}' \\\n  -H 'content-type: application/json' -d '{}'`;
  return (
    <div className="field">
      <span className="label">Its callback address</span>
      <div className="with-copy">
        <CopyButton text={address} what="the callback address" />
        <pre className="code" tabIndex={0} role="group" aria-label="The callback as curl">
          {curl}
        </pre>
      </div>
      <p className="hint">
        Whoever has it may send the event, once, without signing in
        {callback.expiresAt === null ? '.' : `; until ${fullTime(callback.expiresAt)}.`}
      </p>
    </div>
  );
}
