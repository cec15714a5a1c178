/** What the server has found wrong with what was sent, field by field. */
import type { ReactElement } from 'react';
import { PerdureApiError } from 'perdure/client';

export function FieldFaults({ error }: { error: unknown }): ReactElement | null {
  const faults = error instanceof PerdureApiError ? (error.problem.errors ?? []) : [];
  return faults.length === 0 ? null : (
    <div role="alert">
      <ul className="faults">
        {faults.map(({ field, message }) => (
          <li key={`${field} ${message}`}>
            <code>{field}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
