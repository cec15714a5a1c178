/** Reads JSON bodies: only JSON, of bounded size and depth. */
import express, { type RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import { fieldPath } from '../../../contracts/field-errors.js';
import { shapeFault } from '../../../contracts/json-shape.js';

/** A request without body goes through with `req.body` undefined. */
export function createJsonBody(maxBytes: number): RequestHandler[] {
  const type = 'application/json';
  const checkType: RequestHandler = (req, _res, next) => {
    // is() answers null when there is no body; one of no bytes, as fetch sends with a POST, is none either.
    if (req.is(type) !== false || req.headers['content-length'] === '0') {
      next();
      return;
    }
    const message = `must be ${type}, not ${req.get('content-type') ?? 'left out'}`;
    throw new PerdureError('unsupported_media_type', `the content-type ${message}`, {
      errors: [{ field: 'content-type', message }],
    });
  };
  // The parser says so, too, but only when it has read all that comes, which may have no end.
  const checkLength: RequestHandler = (req, _res, next) => {
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if (req.headers['transfer-encoding'] !== undefined) {
      let bytes = 0;
      const count = (chunk: Buffer): void => {
        bytes += chunk.byteLength;
        if (bytes <= maxBytes) return;
        req.off('data', count);
        next(tooLarge(maxBytes));
      };
      req.on('data', count);
    }
    next();
  };
  const checkShape: RequestHandler = (req, _res, next) => {
    const body: unknown = req.body;
    // JSON all the same, so that it is not malformed.
    if (body === null || (body !== undefined && typeof body !== 'object')) {
      const message = 'must be an object';
      throw new PerdureError('invalid_request', `body: ${message}`, { errors: [{ field: 'body', message }] });
    }
    const fault = shapeFault(req.body);
    if (fault !== undefined) {
      const { message } = fault;
      const field = fieldPath(fault.path.slice(0, 6)) + (fault.path.length > 6 ? '…' : '');
      throw new PerdureError('invalid_request', `${field} ${message}`, { errors: [{ field, message }] });
    }
    next();
  };
  return [checkType, checkLength, express.json({ type, limit: maxBytes, strict: false }), checkShape];
}

function tooLarge(maxBytes: number): PerdureError {
  const message = `a JSON body may have at most ${maxBytes} bytes`;
  return new PerdureError('body_too_large', message, { errors: [{ field: 'body', message }] });
}
