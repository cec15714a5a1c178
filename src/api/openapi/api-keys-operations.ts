/** API keys of a tenant, for its admins. */
import { examples } from './examples.js';
import { json, ref, type Operations } from './operation.js';

export const apiKeysOperations: Operations<
  'createApiKey' | 'listApiKeys' | 'revokeApiKey' | 'createShareLink' | 'listShareLinks' | 'revokeShareLink'
> = {
  createShareLink: {
    tag: 'API keys',
    summary: 'Share a run',
    description:
      'A link that shows this run to whoever has it: the run, its plan, its events and its files, and nothing else; until it expires or is revoked. Its `token` is an API key of scope `read` that counts for this run only.',
    body: {
      schema: ref('CreateShareLink'),
      required: false,
      examples: { day: { value: { expiresInSeconds: 86_400 } } },
    },
    answers: {
      201: {
        description: 'The link; its `token` and `url` are shown this once.',
        content: json(ref('NewShareLink'), examples.newShareLink),
      },
    },
  },
  listShareLinks: {
    tag: 'API keys',
    summary: 'Links to a run',
    answers: { 200: { description: 'The links.', content: json(ref('ShareLinkList')) } },
  },
  revokeShareLink: {
    tag: 'API keys',
    summary: 'Revoke a link to a run',
    description:
      'As with any API key: refused within ten seconds, and what it has open ends within about a minute.',
    answers: { 204: { description: 'It counts no more.' } },
    errors: ['api_key_not_found'],
  },
  createApiKey: {
    tag: 'API keys',
    summary: 'Make an API key',
    body: {
      schema: ref('CreateApiKey'),
      required: true,
      examples: { nightly: { value: { name: 'nightly job', scope: 'write' } } },
    },
    answers: {
      201: {
        description: 'The key; its `token` is shown this once.',
        content: json(ref('NewApiKey'), examples.newApiKey),
        links: {
          revoke: {
            operationId: 'revokeApiKey',
            description: 'Takes it back.',
            parameters: { keyId: '$response.body#/id' },
          },
        },
      },
    },
  },
  listApiKeys: {
    tag: 'API keys',
    summary: 'List API keys',
    answers: { 200: { description: 'The keys.', content: json(ref('ApiKeyList'), examples.apiKeyList) } },
  },
  revokeApiKey: {
    tag: 'API keys',
    summary: 'Revoke an API key',
    description:
      'It is refused within ten seconds, and what it has open ends within about a minute. Done again, it is the same.',
    answers: { 204: { description: 'It counts no more.' } },
    errors: ['api_key_not_found'],
  },
};
