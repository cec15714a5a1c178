/** Reads JSON bodies: only JSON, of bounded size and depth. */
import express, { type RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import { fieldPath } from '../../../contracts/field-errors.js';

/** Levels a body may be nested; validation walks it recursively. */
const MAX_DEPTH = 100;

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
    const fault = faultOf(req.body);
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

interface Place {
  value: unknown;
  key: string | number;
  depth: number;
  parent: Place | undefined;
}

/**
 * A value that is too deep, or a name that JavaScript takes for something else. A list of open places instead
 * of recursion: depth is the danger.
 */
function faultOf(root: unknown): { path: (string | number)[]; message: string } | undefined {
  const open: Place[] = [{ value: root, key: '', depth: 0, parent: undefined }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, depth } = place;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH)
      return { path: pathOf(place), message: `is nested deeper than ${MAX_DEPTH} levels` };
    if (Object.hasOwn(value, '__proto__'))
      return { path: [...pathOf(place), '__proto__'], message: 'is not a name that can be used' };
    const list = Array.isArray(value);
    for (const [key, child] of Object.entries(value as Record<string, unknown>))
      if (typeof child === 'object')
        open.push({ value: child, key: list ? Number(key) : key, depth: depth + 1, parent: place });
  }
  return undefined;
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at.parent !== undefined; at = at.parent) path.unshift(at.key);
  return path;
}
