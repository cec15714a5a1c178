/** What calls have in common: JSON there and back, and keys that make a repeat safe. */
import type { RouteName } from '../../contracts/api.js';
import type { CallOptions, RequestDetails, Requests } from './requests.js';

export interface Keyed {
  idempotencyKey?: string | undefined;
}

export interface Calls {
  requests: Requests;
  json: <Body>(route: RouteName, details: RequestDetails) => Promise<Body>;
  /** A body that may be sent twice where a key goes with it. */
  keyed: <Body>(
    route: RouteName,
    body: object,
    options: CallOptions & Keyed & RequestDetails,
  ) => Promise<Body>;
  /** Takes away; again it would find nothing. */
  remove: (route: RouteName, details: RequestDetails) => Promise<void>;
}

export function createCalls(requests: Requests): Calls {
  const json: Calls['json'] = <Body>(route: RouteName, details: RequestDetails) =>
    requests(route, details, (response) => response.json() as Promise<Body>);
  return {
    requests,
    json,
    keyed: (route, body, { idempotencyKey, ...details }) => {
      const { headers, ...sent } = post(body);
      return json(route, {
        ...details,
        ...sent,
        headers: { ...headers, 'idempotency-key': idempotencyKey },
        repeatable: idempotencyKey !== undefined,
      });
    },
    remove: (route, details) => requests(route, { ...details, repeatable: false }, () => undefined),
  };
}

export const post = (body: object): Required<Pick<RequestDetails, 'headers' | 'body'>> => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
