/** The events of a run, and the tickets by which browsers get at them. */
import { MOST } from '../../../contracts/whole-number.js';
import { streamFormats } from '../formats/stream-format.js';
import { examples } from './examples.js';
import { header, json, query, ref, type Operations } from './operation.js';

/** Shared with the submission that is answered by a stream. */
export const formatParameter = query(
  'format',
  'The protocol of the stream: our own, AG-UI (https://docs.ag-ui.com), or the UI message stream of the AI SDK (https://ai-sdk.dev). Ids and `Last-Event-ID` work in each; pages are always native.',
  { type: 'string', enum: [...streamFormats], default: 'native' },
);

const seq = { type: 'string', pattern: '^(\\d{1,15}(\\.\\d{1,3})?)?$' };

export const eventsOperations: Operations<'streamEvents' | 'createStreamTicket'> = {
  streamEvents: {
    tag: 'Events',
    summary: 'Events, live or by pages',
    description: [
      'A stream of server-sent events, unless `Accept: application/json` asks for a page.',
      'Each durable event has its `seq` as `id`, its type as `event` and a `RunEvent` as `data`; what only passes by (`EphemeralEvent`) has no `id`. Come back with `Last-Event-ID` and get exactly what follows. The stream ends after the terminal event.',
    ].join('\n\n'),
    parameters: [
      query('after', 'Only events after this `seq`.', {
        type: 'integer',
        minimum: 0,
        maximum: MOST,
      }),
      query('limit', 'Events of one page.', { type: 'integer', minimum: 1, maximum: 1_000, default: 200 }),
      query('ticket', 'Signs in for this stream; see `createStreamTicket`.', { type: 'string' }),
      formatParameter,
      header('Last-Event-ID', 'As `after`, and before it; empty, it counts for nothing.', seq),
    ],
    answers: {
      200: {
        description: 'The events.',
        content: {
          ...json(ref('EventPage'), examples.eventPage),
          'text/event-stream': { schema: { type: 'string' }, example: examples.stream },
        },
      },
      204: { description: 'A stream of which nothing will come any more: an EventSource stops at it.' },
    },
    errors: [
      'invalid_request',
      'events_expired',
      'shutting_down',
      'stream_limit_reached',
      'stream_tickets_unavailable',
    ],
  },
  createStreamTicket: {
    tag: 'Events',
    summary: 'A ticket for a browser’s EventSource',
    description:
      'An EventSource sends no header. The `url` opens the stream for a minute, and the stream goes on until the sign-in that asked for the ticket ends.',
    answers: {
      201: { description: 'The ticket.', content: json(ref('StreamTicket'), examples.streamTicket) },
    },
    errors: ['stream_tickets_unavailable'],
  },
};
