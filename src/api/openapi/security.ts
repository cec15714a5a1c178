/** How callers sign in, and which scope each call needs. */
import { api, type RouteName } from '../../../contracts/api.js';
import type { Json } from './json.js';

export const securitySchemes = {
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A token of the sign-in (Supabase Auth, or another issuer). Its scope is `app_metadata.perdure_scope`, else `write`.',
  },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'pdk_…',
    description: 'An API key, as `Authorization: Bearer pdk_…`; see `createApiKey`.',
  },
  streamTicket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'Opens one run’s event stream within a minute; see `createStreamTicket`.',
  },
  metricsToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'What the server was given as `PERDURE_METRICS_TOKEN`.',
  },
} as const satisfies Record<string, Json>;

/** The scope stands as the role that is needed (OpenAPI 3.1, Security Requirement Object). */
export function securityOf(name: RouteName): Json[] {
  const { scope } = api[name];
  // Where nobody signs in, it is not needed.
  if (name === 'metrics') return [{ metricsToken: [] }, {}];
  if (name === 'getSystem') return [{ token: [] }, { metricsToken: [] }, {}];
  if (scope === null) return [];
  const requirements: Json[] = [{ token: [scope] }, { apiKey: [scope] }];
  return name === 'streamEvents' ? [...requirements, { streamTicket: [scope] }] : requirements;
}
