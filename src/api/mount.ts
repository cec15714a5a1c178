/** Puts handlers, behind their gates, at the addresses of the route table; other methods there get 405. */
import type { Express, RequestHandler } from 'express';
import { api, type RouteName } from '../../contracts/api.js';
import { rememberCall, withAudit } from './audit/audit-trail.js';
import type { ApiContext } from './context.js';
import { createGate } from './gate.js';
import { onlyMethods } from './middleware/methods.js';
import { rememberRoute } from './middleware/request-meter.js';

/** One handler, or several in order, for every call of the contract: the compiler misses none. */
export type Handlers = Record<RouteName, RequestHandler | RequestHandler[]>;

export function mount(app: Express, context: ApiContext, handlers: Handlers): void {
  const names = Object.keys(api) as RouteName[];
  for (const address of new Set(names.map((name) => api[name].path))) {
    // Express names one segment ":x", and one or more "*x".
    const route = app.route(address.replace('{path}', '*path').replaceAll(/\{(\w+)\}/g, ':$1'));
    route.all(rememberRoute(address));
    const here = names.filter((name) => api[name].path === address);
    for (const name of here) {
      const { method, scope } = api[name];
      // Before anything is read of the body: strangers send none of that.
      const gate = scope === null ? [] : [createGate(context, name, scope)];
      const steps = withAudit(context, name, [handlers[name]].flat());
      route[verbs[method]](rememberCall(name), ...gate, ...steps);
    }
    route.all(onlyMethods(...here.map((name) => api[name].method)));
  }
}

const verbs = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;
