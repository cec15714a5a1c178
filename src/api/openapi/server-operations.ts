/** The server itself, and what plans can name on it. */
import { ifNoneMatch, json, notChanged, ref, type Operations } from './operation.js';

export const serverOperations: Operations<
  | 'index'
  | 'health'
  | 'readiness'
  | 'openApi'
  | 'metrics'
  | 'getSignIn'
  | 'getSystem'
  | 'listTools'
  | 'listAgents'
> = {
  index: {
    tag: 'Server',
    summary: 'Where to find what',
    answers: {
      200: { description: 'Addresses.', content: json(ref('Index')) },
      302: { description: 'To the web console, for who prefers HTML.', headers: ['Location'] },
    },
  },
  health: {
    tag: 'Server',
    summary: 'Whether the process lives',
    answers: { 200: { description: 'It does.', content: json(ref('Health')) } },
  },
  readiness: {
    tag: 'Server',
    summary: 'Whether a run submitted now would move',
    answers: {
      200: { description: 'It would.', content: json(ref('Readiness')) },
      503: { description: 'It would not; `parts` says why.', content: json(ref('Readiness')) },
    },
  },
  openApi: {
    tag: 'Server',
    summary: 'This document',
    parameters: [ifNoneMatch],
    answers: {
      200: { description: 'OpenAPI 3.1.', content: json({ type: 'object' }), headers: ['ETag'] },
      304: notChanged,
    },
  },
  metrics: {
    tag: 'Server',
    summary: 'What has been measured',
    description:
      'For Prometheus. Of the whole system, so no tenant’s token or API key opens it: where callers sign in, it is read with the token that the server was given for it.',
    answers: {
      200: {
        description: 'In the text format of Prometheus.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
    errors: ['unauthenticated', 'not_found'],
  },
  getSignIn: {
    tag: 'Server',
    summary: 'How people sign in',
    description: 'For pages that have yet to do so.',
    answers: { 200: { description: 'What there is.', content: json(ref('SignInWays')) } },
  },
  getSystem: {
    tag: 'Server',
    summary: 'How the whole system does',
    description:
      'For operators: workers and who polls, what waits and for how long, each part, runs that stand still, the newest canary, and of the last hour how many calls and runs failed and what they took. Of all tenants, so no tenant’s scope and no API key opens it: it is for people whose token says `app_metadata.perdure_operator`, for whoever has `PERDURE_METRICS_TOKEN`, and for anybody where nobody signs in. Answered 200 also where parts are away.',
    answers: { 200: { description: 'What is known.', content: json(ref('System')) } },
    errors: ['unauthenticated', 'sign_in_unavailable', 'store_unavailable', 'insufficient_scope'],
  },
  listAgents: {
    tag: 'Agents',
    summary: 'The agents that runs can name',
    parameters: [ifNoneMatch],
    answers: {
      200: { description: 'The agents.', content: json(ref('AgentList')), headers: ['ETag'] },
      304: notChanged,
    },
  },
  listTools: {
    tag: 'Tools',
    summary: 'The tools that plans can name',
    parameters: [ifNoneMatch],
    answers: {
      200: { description: 'The tools.', content: json(ref('ToolList')), headers: ['ETag'] },
      304: notChanged,
    },
  },
};
