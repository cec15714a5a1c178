/** The events of a run: live over SSE, or a page as JSON. */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { EventPage } from '../../../contracts/api.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { RunHead } from '../../../contracts/runs.js';
import { isTerminal, isTerminalEvent } from '../../../contracts/terminal.js';
import { wholeNumber } from '../../../contracts/whole-number.js';
import type { ApiContext } from '../context.js';
import {
  createTexts,
  headersOf,
  positionOf,
  streamFormats,
  type Position,
  type StreamFormat,
} from '../formats/stream-format.js';
import { queryOf } from '../query.js';
import { findRun } from '../run-lookup.js';
import { invalid, validate } from '../validate.js';

const seq = wholeNumber(0);
/** Of a stream. */
export const formatSchema = z.enum(streamFormats).default('native');

const querySchema = z.strictObject({
  after: seq.optional(),
  limit: wholeNumber(1, 1_000).default(200),
  // The gate has looked at it.
  ticket: z.string().optional(),
  format: formatSchema,
});

/** SSE unless JSON is asked for: `curl -N` and EventSource both get the stream. */
export function createEventsRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const query = validate(querySchema, queryOf(req), 'query');
    const run = await findRun(context, req);
    const { format } = query;
    const from = readLastEventId(req) ?? { seq: query.after ?? 0, messages: 0 };
    res.vary('Accept');
    if (req.accepts(['text/event-stream', 'application/json']) === 'application/json')
      await sendPage(context, res, run, from.seq, query);
    else {
      // Of a run at its end, retention may have deleted what the reader asks for; a stream could not say so.
      if (isTerminal(run.status) && from.seq < run.lastSeq)
        await context.log.read(run.id, format === 'native' ? from.seq : 0, 1);
      context.connections.requireRoom(context.principalOf(req).tenantId);
      streamRun(context, req, res, run, { from, format });
    }
  };
}

function readLastEventId(req: Request): Position | undefined {
  const header = req.get('last-event-id');
  if (header === undefined || header === '') return undefined;
  const position = positionOf(header);
  if (position === undefined)
    throw invalid('invalid_request', [{ field: 'Last-Event-ID', message: 'must be the id of an event' }]);
  return position;
}

async function sendPage(
  { log }: ApiContext,
  res: Response,
  run: RunHead,
  after: number,
  { limit, format }: { limit: number; format: StreamFormat },
): Promise<void> {
  if (format !== 'native')
    throw invalid('invalid_request', [
      { field: 'format', message: 'is for streams: pages are always native' },
    ]);
  const from = Math.min(after, run.lastSeq);
  const events = await log.read(run.id, from, limit);
  const last = events.at(-1);
  const ended = last === undefined ? isTerminal(run.status) : isTerminalEvent(last.type);
  const page: EventPage = { events, nextAfter: ended ? null : (last?.seq ?? from) };
  res.set('Cache-Control', 'no-store').json(page);
}

/**
 * Returns once the stream is open: a handler that waited for its end would keep the whole request's way through
 * Express in memory, thousands of times.
 * @param options.from what the reader has
 */
export function streamRun(
  context: ApiContext,
  req: Request,
  res: Response,
  run: RunHead,
  { from, format }: { from: Position; format: StreamFormat },
): void {
  const { feeds, connections, draining } = context;
  if (draining.aborted) throw new PerdureError('shutting_down', 'the server opens no more streams');
  if (isTerminal(run.status) && from.seq >= run.lastSeq) {
    // Nothing will come. An EventSource comes back for ever, unless it is told 204 (HTML, 9.2.3).
    res.status(204).end();
    return;
  }
  if (req.method === 'HEAD') {
    res.status(200).set('Content-Type', 'text/event-stream; charset=utf-8').end();
    return;
  }
  res.set(headersOf(format));
  const connection = connections.open(res, context.principalOf(req));
  // The record and the log change together, so no honest reader is ahead of it.
  const seq = Math.min(from.seq, run.lastSeq);
  feeds.follow({
    runId: run.id,
    // The other formats keep in mind what came before.
    after: format === 'native' ? seq : 0,
    lastSeq: run.lastSeq,
    connection,
    textOf: createTexts(format, { ...from, seq }),
  });
}
