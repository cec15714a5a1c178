/** Tickets for the event stream of one run, for browsers' EventSource. */
import type { RequestHandler } from 'express';
import { addressOf, type StreamTicket } from '../../../contracts/api.js';
import type { ApiContext } from '../context.js';
import { findRun } from '../run-lookup.js';

export function createStreamTicketRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { id } = await findRun(context, req);
    const issued = await context.signIn.issueTicket(context.principalOf(req), id);
    const body: StreamTicket = {
      ...issued,
      url: `${addressOf('streamEvents', { id })}?ticket=${encodeURIComponent(issued.ticket)}`,
    };
    res.status(201).set('Cache-Control', 'no-store').json(body);
  };
}
