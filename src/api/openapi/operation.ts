/** What an operation of the document says beyond what the route table knows of its call. */
import type { RouteName } from '../../../contracts/api.js';
import type { ErrorCode } from '../../../contracts/errors.js';
import type { HeaderName } from './headers.js';
import type { Json } from './json.js';

export interface Answer {
  description: string;
  /** By content type. */
  content?: Json;
  headers?: readonly HeaderName[];
  links?: Json;
}

export interface Operation {
  tag:
    | 'Runs'
    | 'Events'
    | 'Files'
    | 'Tools'
    | 'Agents'
    | 'Approvals'
    | 'Schedules'
    | 'Webhooks'
    | 'API keys'
    | 'Audit'
    | 'Server';
  summary: string;
  description?: string;
  /** Of the query and the head; those of the path come from the route. */
  parameters?: readonly Json[];
  /** JSON unless `content` is given. */
  body?: { schema: Json; required: boolean; examples?: Json } | { content: Json; required: boolean };
  /** Answers that are no errors, by status. */
  answers: Readonly<Record<number, Answer>>;
  /** Beside those that follow from the route: sign-in, an unknown run, a body that is not JSON. */
  errors?: readonly ErrorCode[];
}

export type Operations<Names extends RouteName> = Record<Names, Operation>;

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

export const json = (schema: Json, example?: unknown): Json => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

/** Nothing but 304 while the answer has this ETag; with it go the answer 304 and the header ETag. */
export const ifNoneMatch: Json = {
  name: 'If-None-Match',
  in: 'header',
  description: 'Nothing but 304 while what would be answered has this ETag.',
  schema: { type: 'string' },
};
export const notChanged: Answer = { description: 'It has not changed.', headers: ['ETag'] };

export const query = (name: string, description: string, schema: Json, more: Json = {}): Json => ({
  name,
  in: 'query',
  description,
  schema,
  ...more,
});

export const header = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'header',
  description,
  schema,
});
