/** An address at which there is nothing. */
import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import type { ReactElement } from 'react';
import { Empty } from '../parts/notices.js';

export function Lost(): ReactElement {
  return (
    <div className="page">
      <h1 className="hidden">Not found</h1>
      <Empty icon={Compass} title="There is nothing at this address">
        <p>It may have been mistyped, or what was here is gone.</p>
        <Link to="/" className="button">
          To the runs
        </Link>
      </Empty>
    </div>
  );
}
