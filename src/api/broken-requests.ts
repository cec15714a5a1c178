/** Answers to what is no HTTP request that a route could be asked for: problem+json too, written by hand. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Problem } from '../../contracts/api.js';
import { errorTable, type ErrorCode } from '../../contracts/errors.js';
import type { Logger } from '../ports/logger.js';

/** What Node's parser calls them. */
const codes: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
const details: Partial<Record<ErrorCode, string>> = {
  headers_too_large: 'the request line and the headers have more than 16 KB',
  request_timeout: 'the request did not arrive whole in time',
};

export function answerBrokenRequests(server: Server, logger: Logger): void {
  const answering = new WeakMap<Socket, ServerResponse>();
  server.on('request', (req, res) => {
    answering.set(req.socket, res);
  });
  // A server may pass over expectations that it does not know (RFC 9110, 10.1.1).
  server.on('checkExpectation', (req, res) => {
    server.emit('request', req, res);
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    const answer = answering.get(socket);
    const midway = answer !== undefined && answer.headersSent && !answer.writableEnded;
    // Half an answer has left, or nobody is there: only a broken connection still says so.
    if (error.code === 'ECONNRESET' || !socket.writable || midway) {
      socket.destroy();
      return;
    }
    const code = codes[error.code ?? ''] ?? 'malformed_http';
    logger.debug({ code, err: error }, 'a request that is none is refused');
    socket.end(answerOf(code));
  });
}

function answerOf(code: ErrorCode): string {
  const { status, title, advice } = errorTable[code];
  const requestId = randomUUID();
  const problem: Problem = {
    type: `urn:perdure:error:${code}`,
    title,
    status,
    code,
    detail: details[code] ?? 'what was sent is not HTTP/1.1',
    advice,
    requestId,
  };
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
