/** What surrounds a run that was shared: no way around, for there is nothing else to see. */
import { Outlet } from '@tanstack/react-router';
import { Link2Off } from 'lucide-react';
import type { ReactElement } from 'react';
import { leaveShare } from '../data/share.js';
import { Empty } from '../parts/notices.js';
import { Toasts } from '../parts/toasts.js';
import { Mark } from './mark.js';
import { Outage } from './outage.js';

export function SharedShell({ isOver }: { isOver: boolean }): ReactElement {
  return (
    <div className="shell shared">
      <header className="banner">
        <span className="brand">
          <Mark />
          perdure
        </span>
        <span className="dim">Shared with you, to be read</span>
        <button type="button" className="button end" onClick={leaveShare}>
          Sign in instead
        </button>
      </header>
      <Outage />
      <main id="main" className="main" tabIndex={-1}>
        {isOver && <h1 className="hidden">A shared run</h1>}
        {isOver ? (
          <Empty icon={Link2Off} title="This link does not work any more">
            <p>It has expired, or was revoked. Ask whoever has sent it for another one.</p>
          </Empty>
        ) : (
          <Outlet />
        )}
      </main>
      <Toasts />
    </div>
  );
}
