/** The one table of error codes: HTTP status, whether a retry can help, and what the user can do. */
import { accessErrors } from './error-table/access.js';
import { backEndErrors } from './error-table/back-ends.js';
import { decisionErrors } from './error-table/decisions.js';
import { modelErrors } from './error-table/models.js';
import { requestErrors } from './error-table/requests.js';
import { runErrors } from './error-table/runs.js';
import { toolErrors } from './error-table/tools.js';
import type { ErrorEntry } from './error-table/entry.js';

export const errorTable = {
  ...requestErrors,
  ...accessErrors,
  ...runErrors,
  ...decisionErrors,
  ...backEndErrors,
  ...toolErrors,
  ...modelErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorTable, value);
