/** Puts handlers at the addresses of the route table; other methods there get 405 with Allow. */
import type { Express, RequestHandler } from 'express';
import { api, type RouteName } from '../../contracts/api.js';
import { onlyMethods } from './middleware/methods.js';

/** One handler, or several in order, for every call of the contract: the compiler misses none. */
export type Handlers = Record<RouteName, RequestHandler | RequestHandler[]>;

export function mount(app: Express, handlers: Handlers): void {
  const names = Object.keys(api) as RouteName[];
  for (const address of new Set(names.map((name) => api[name].path))) {
    // Express names one segment ":x", and one or more "*x".
    const route = app.route(address.replace('{path}', '*path').replaceAll(/\{(\w+)\}/g, ':$1'));
    const here = names.filter((name) => api[name].path === address);
    for (const name of here)
      route[verbs[api[name].method]](...([handlers[name]].flat() satisfies RequestHandler[]));
    route.all(onlyMethods(...here.map((name) => api[name].method)));
  }
}

const verbs = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const;
