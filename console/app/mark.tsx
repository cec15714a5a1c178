import type { ReactElement } from 'react';

/** The mark of perdure, as in icon.svg. */
export const Mark = (): ReactElement => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#0e6a60" />
    <path
      d="M9 24V9.5A1.5 1.5 0 0 1 10.5 8H17a5.5 5.5 0 0 1 0 11h-3"
      fill="none"
      stroke="#fff"
      strokeWidth="3"
      strokeLinecap="round"
    />
    <circle cx="9" cy="24" r="2.6" fill="#7fe3d2" />
  </svg>
);
