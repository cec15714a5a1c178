/** Says that the server cannot be reached, for as long as it is so. */
import { WifiOff } from 'lucide-react';
import type { ReactElement } from 'react';
import { unreachableSince } from '../data/connection.js';
import { useStore } from '../data/store.js';
import { duration } from '../parts/format.js';
import { useNow } from '../parts/now.js';

export function Outage(): ReactElement | null {
  const since = useStore(unreachableSince);
  const now = useNow(since === null ? null : 1_000);
  return (
    <div role="status" className={since === null ? 'hidden' : 'outage'}>
      {since !== null && (
        <>
          <WifiOff size={16} aria-hidden="true" />
          <span>
            The server cannot be reached
            {/* Said once, and not with every second that it lasts. */}
            <span aria-hidden="true"> since {duration(Math.max(0, now - since))}</span>. What you see may be
            old; runs go on without this page.
          </span>
        </>
      )}
    </div>
  );
}
