/** The audit log of a tenant: a page at a time, or all of it as lines. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import {
  listAuditSchema,
  type AuditEntry,
  type AuditFilter,
  type AuditList,
} from '../../../contracts/audit.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { AuditLog } from '../../ports/audit-log.js';
import type { ApiContext } from '../context.js';
import { queryOf } from '../query.js';
import { validate } from '../validate.js';

const NDJSON = 'application/x-ndjson';
/** Entries that are read at once for an export. */
const EXPORT_PAGE = 1_000;

export function createListAuditRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { limit, cursor, format, ...filter } = validate(listAuditSchema, queryOf(req), 'query');
    const { tenantId } = context.principalOf(req);
    const log = logOf(context);
    res.set('Cache-Control', 'no-store').vary('Accept');
    const asLines =
      format === undefined ? req.accepts(['application/json', NDJSON]) === NDJSON : format === 'ndjson';
    const first = await log.list(tenantId, filter, asLines ? EXPORT_PAGE : limit, cursor);
    if (!asLines) {
      res.json(first);
      return;
    }
    res.set('Content-Type', `${NDJSON}; charset=utf-8`);
    await sendLines(context, req, res, entriesFrom(context, req, first, log, filter));
  };
}

async function sendLines(
  { logger }: ApiContext,
  req: Request,
  res: Response,
  entries: AsyncGenerator<AuditEntry>,
): Promise<void> {
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  await pipeline(Readable.from(linesOf(entries)), res).catch((error: unknown) => {
    // The head has left: a connection that breaks is all that says that there was more.
    logger.warn({ err: error }, 'an export of the audit log was not sent to its end');
    res.destroy();
  });
}

async function* linesOf(entries: AsyncGenerator<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

async function* entriesFrom(
  context: ApiContext,
  req: Request,
  first: AuditList,
  log: Pick<AuditLog, 'list'>,
  filter: AuditFilter,
): AsyncGenerator<AuditEntry> {
  const { tenantId, expiresAt } = context.principalOf(req);
  for (let page = first; ;) {
    yield* page.entries;
    if (page.nextCursor === null) return;
    if (expiresAt !== null && expiresAt <= Date.now())
      throw new PerdureError('unauthenticated', 'the sign-in has ended while the log was sent');
    page = await log.list(tenantId, filter, EXPORT_PAGE, page.nextCursor);
  }
}

function logOf({ audit }: ApiContext): Pick<AuditLog, 'list'> {
  if (audit === null) throw new PerdureError('store_unavailable', 'this server keeps no audit log');
  return audit.log;
}
