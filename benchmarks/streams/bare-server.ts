/** The floor: a Node HTTP server that does nothing but write server-sent events to everyone. */
import http, { type ServerResponse } from 'node:http';
import type { RunEvent } from '../../contracts/events.js';
import { serve } from './served.js';

const open = new Set<ServerResponse>();
const server = http.createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  res.write('retry: 1000\n\n');
  open.add(res);
  res.once('close', () => open.delete(res));
});

serve(server, {
  paths: (count) => Promise.resolve(Array.from({ length: count }, () => '/')),
  publish(event: RunEvent) {
    const frame = `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    for (const res of open) res.write(frame);
    return Promise.resolve();
  },
});
