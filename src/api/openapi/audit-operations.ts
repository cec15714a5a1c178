/** The audit log, for admins and for keys of its own scope. */
import { examples } from './examples.js';
import { query, ref, type Operations } from './operation.js';

const text = { type: 'string', minLength: 1, maxLength: 500 };
const moment = { type: 'string', format: 'date-time' };

export const auditOperations: Operations<'listAudit'> = {
  listAudit: {
    tag: 'Audit',
    summary: 'Who did what',
    description:
      'Every call of the tenant’s that changed something, made or gave a secret, or was refused to somebody known; newest first. The scope is `audit`, which admins have. As NDJSON it is all that fits, from the cursor on, in one answer; an answer that breaks off was not all.',
    parameters: [
      query('from', 'From this moment on.', moment),
      query('before', 'Before this moment.', moment),
      query('subject', 'Who did it.', text, { example: 'key:7c9e6679-7425-40de-944b-e07fc1f90ae7' }),
      query('action', 'An `operationId`.', text, { example: 'cancelRun' }),
      query('target', 'What it was done to, and what lies beneath.', text),
      query('outcome', '`ok`, or the code of an error.', text, { example: 'insufficient_scope' }),
      query('limit', 'Entries of one page.', { type: 'integer', minimum: 1, maximum: 1_000, default: 100 }),
      query('cursor', 'The `nextCursor` of the page before.', { type: 'string', maxLength: 200 }),
      query('format', 'Instead of the Accept header.', { type: 'string', enum: ['json', 'ndjson'] }),
    ],
    answers: {
      200: {
        description: 'A page of entries, or all of them, one a line.',
        content: {
          'application/json': { schema: ref('AuditList'), example: examples.auditList },
          'application/x-ndjson': {
            schema: { type: 'string' },
            example: `${JSON.stringify(examples.auditList.entries[0])}\n`,
          },
        },
      },
    },
    errors: ['invalid_request'],
  },
};
