/** The operations of a document of OpenAPI 3.0 or 3.1, as far as a tool can be made of them. */
import { z } from 'zod';
import { isJson, parameterOf, type Parameter } from './parameters.js';

export interface Operation {
  id: string;
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for its path parameters. */
  path: string;
  description: string;
  parameters: Parameter[];
  hasBody: boolean;
  /** Of all its arguments: the parameters by name, and `body`. */
  inputSchema: Record<string, unknown>;
}

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;
type Json = Record<string, unknown>;
const object = z.record(z.string(), z.unknown());

export const openApiSchema = z.looseObject({
  openapi: z.string().regex(/^3\.[01]\./, 'must be 3.0 or 3.1'),
  paths: z.record(z.string(), object),
  components: object.optional(),
});
export type OpenApiDocument = z.infer<typeof openApiSchema>;

/** @throws Error saying why no tool can be made of the operation */
export function operationOf(document: OpenApiDocument, id: string): Operation {
  for (const [path, item] of Object.entries(document.paths))
    for (const method of methods) {
      const operation = asObject(item[method]);
      if (operation?.operationId === id) return read(document, { id, path, method, item, operation });
    }
  throw new Error(`there is no operation ${JSON.stringify(id)}`);
}

function read(
  document: OpenApiDocument,
  of: { id: string; path: string; method: (typeof methods)[number]; item: Json; operation: Json },
): Operation {
  const { id, path, method, item, operation } = of;
  const parameters = parametersOf(document, item, operation);
  const body = asObject(resolved(document, operation.requestBody));
  const properties: Json = {};
  const required: string[] = [];
  for (const { parameter, schema, isRequired, description } of parameters) {
    const { name } = parameter;
    if (Object.hasOwn(properties, name)) throw new Error(`two parameters are called ${name}`);
    properties[name] = { ...(description === undefined ? {} : { description }), ...schema };
    if (isRequired) required.push(name);
  }
  if (body !== undefined) {
    if (Object.hasOwn(properties, 'body')) throw new Error('a parameter is called body, as its body is');
    const json = Object.entries(asObject(body.content) ?? {}).find(([type]) => isJson(type));
    if (json === undefined) throw new Error('its body is no JSON');
    properties.body = asObject(json[1])?.schema ?? {};
    if (body.required === true) required.push('body');
  }
  const text = [operation.summary, operation.description]
    .filter((part) => typeof part === 'string')
    .join('\n');
  const schema = { type: 'object', properties, required, additionalProperties: false };
  return {
    id,
    method: method.toUpperCase() as Operation['method'],
    path,
    description: text === '' ? `${method.toUpperCase()} ${path}` : text,
    parameters: parameters.map(({ parameter }) => parameter),
    hasBody: body !== undefined,
    inputSchema: withDefinitions(document, schema),
  };
}

interface Argument {
  parameter: Parameter;
  schema: Json;
  isRequired: boolean;
  description: string | undefined;
}

function parametersOf(document: OpenApiDocument, item: Json, operation: Json): Argument[] {
  const all = new Map<string, Argument>();
  for (const list of [item.parameters, operation.parameters])
    for (const given of Array.isArray(list) ? (list as unknown[]) : []) {
      const parameter = asObject(resolved(document, given)) ?? {};
      const { name, in: place, required, description } = parameter;
      if (typeof name !== 'string' || place === 'cookie') continue;
      if (place !== 'path' && place !== 'query' && place !== 'header')
        throw new Error(`the parameter ${name} is in ${String(place)}`);
      // The operator's own settings and the content say these.
      if (place === 'header' && /^(?:accept|content-type|authorization)$/i.test(name)) continue;
      all.set(`${place} ${name}`, {
        parameter: parameterOf(name, place, parameter),
        schema: asObject(parameter.schema) ?? contentSchema(parameter) ?? {},
        isRequired: place === 'path' || required === true,
        description: typeof description === 'string' ? description : undefined,
      });
    }
  return [...all.values()];
}

/** What is written as JSON has its schema there. */
function contentSchema({ content }: Json): Json | undefined {
  const [, media] = Object.entries(asObject(content) ?? {}).find(([type]) => isJson(type)) ?? [];
  return asObject(asObject(media)?.schema);
}

const COMPONENTS = '#/components/schemas/';

/** The schemas of the document that this one names, with it: a schema that stands alone. */
function withDefinitions(document: OpenApiDocument, schema: Json): Json {
  const all = asObject(document.components?.schemas) ?? {};
  const used: Json = {};
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    const node = asObject(value);
    if (node === undefined) return value;
    if (typeof node.$ref === 'string') {
      if (!node.$ref.startsWith(COMPONENTS))
        throw new Error(`it refers to ${node.$ref}, which is not among ${COMPONENTS}`);
      const name = node.$ref.slice(COMPONENTS.length);
      if (!Object.hasOwn(all, name)) throw new Error(`it refers to ${node.$ref}, which is not there`);
      if (!Object.hasOwn(used, name)) {
        used[name] = {};
        used[name] = visit(all[name]);
      }
      return { $ref: `#/$defs/${name}` };
    }
    const members = Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member)]));
    return asNewer(members);
  };
  const visited = visit(schema) as Json;
  return Object.keys(used).length === 0 ? visited : { ...visited, $defs: used };
}

/** What 3.0 says in words of its own, as 3.1 and JSON Schema say it: providers of models refuse the others. */
function asNewer(schema: Json): Json {
  const { nullable, type, exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = schema;
  const bound = (limit: unknown, exclusive: unknown, names: [string, string]): Json => {
    if (typeof exclusive !== 'boolean')
      return {
        ...(limit === undefined ? {} : { [names[0]]: limit }),
        ...(exclusive === undefined ? {} : { [names[1]]: exclusive }),
      };
    return limit === undefined ? {} : { [exclusive ? names[1] : names[0]]: limit };
  };
  return {
    // A property may be called so.
    ...(typeof nullable === 'boolean' || nullable === undefined ? {} : { nullable }),
    ...(type === undefined
      ? {}
      : { type: nullable === true && typeof type === 'string' ? [type, 'null'] : type }),
    ...rest,
    ...bound(minimum, exclusiveMinimum, ['minimum', 'exclusiveMinimum']),
    ...bound(maximum, exclusiveMaximum, ['maximum', 'exclusiveMaximum']),
  };
}

/** Follows one reference within the document. */
function resolved(document: OpenApiDocument, value: unknown): unknown {
  const reference = asObject(value)?.$ref;
  if (typeof reference !== 'string') return value;
  let at: unknown = document;
  for (const part of reference.replace(/^#\//, '').split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    const node = asObject(at);
    at = node !== undefined && Object.hasOwn(node, name) ? node[name] : undefined;
  }
  if (at === undefined) throw new Error(`it refers to ${reference}, which is not there`);
  return at;
}

const asObject = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
