/** Requests that name the whole address are taken as those that name its path (RFC 9112, 3.2.2). */
import type { RequestHandler } from 'express';

const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

export const originForm: RequestHandler = (req, _res, next) => {
  if (absolute.test(req.url)) {
    const path = req.url.replace(absolute, '');
    req.url = path.startsWith('/') ? path : `/${path}`;
    req.originalUrl = req.url;
  }
  next();
};
