/** The OpenAPI document, made from the schemas that the routes use. https://spec.openapis.org/oas/v3.1.1.html */
import type { TSchema } from 'typebox';
import { CHANGES, OPERATIONS, type Operation, contract } from './openapi-operations.ts';
import { SIGNAL_OPERATIONS, SIGNAL_SECURITY, SIGNATURE } from './openapi-signals.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  node: 'Name of the node.',
  check: 'Id of the check.',
  id: 'Id of the silence.',
  scene: 'Id of the scene.',
};

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as TypeBox makes it. */
export function openApiDocument(version: string): Readonly<Record<string, Json>> {
  const schemas: Record<string, Json> = {};
  // Every schema that has a name is put in once; the others refer to it.
  for (const name of Object.keys(contract).sort()) {
    const value: unknown = contract[name as keyof typeof contract];
    const { $id, ...schema } = plain(value);
    if (typeof $id === 'string') schemas[$id] = withReferences(schema);
  }
  const reads = Object.entries(OPERATIONS).map(
    ([path, operation]) => [path, { get: describe(path, operation) }] as const,
  );
  const signals = Object.entries(SIGNAL_OPERATIONS).map(([path, { body, ...operation }]) => {
    const requestBody = { required: true, content: { 'application/json': { schema: plain(body) } } };
    return [path, { post: { ...describe(path, operation, 'post'), requestBody, security: SIGNAL_SECURITY } }] as const;
  });
  const changes = Object.entries(CHANGES).map(([path, { method = 'post' as const, body, ...operation }]) => {
    const change = { ...describe(path, operation, method), ...orderOf(method, body) };
    return [path, { [method]: change }] as const;
  });
  return {
    openapi: '3.1.1',
    info: {
      title: 'Meerkat',
      version,
      description:
        'What one agent knows of its cluster. Statuses other than 200 speak of the request, except those of /health.',
    },
    paths: Object.fromEntries(
      [...Map.groupBy([...reads, ...changes, ...signals], ([path]) => path)].map(([path, those]) => [
        path,
        Object.assign({}, ...those.map(([, operations]) => operations)) as Json,
      ]),
    ),
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' }, signature: SIGNATURE } },
    security: [{}, { token: [] }],
  };
}

const TOKEN_ONLY = [{ token: [] }];

/** What is peculiar to changes. */
function orderOf(method: 'post' | 'delete', body?: TSchema): Readonly<Record<string, Json>> {
  const security = TOKEN_ONLY;
  if (method === 'delete') return { security };
  const schema: Json = body === undefined ? { type: 'object', maxProperties: 0 } : withReferences(plain(body));
  return { requestBody: { required: true, content: { 'application/json': { schema } } }, security };
}

function describe(
  path: string,
  operation: Operation,
  method: 'get' | 'post' | 'delete' = 'get',
): { readonly [key: string]: Json } {
  const { summary, description, query, answers, statuses = {} } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name] ?? '',
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, parameter]) => ({
    name,
    in: 'query',
    required: parameter.required === true,
    description: parameter.description,
    schema: plain(parameter.schema),
  }));
  const text = { schema: { type: 'string' } };
  const content =
    typeof answers === 'string' ? { [answers]: {} } : { 'application/json': jsonOf(answers), 'text/plain': text };
  const health = path.startsWith('/health/');
  const others = Object.entries({ ...statuses, 400: 'The request is not valid.', 401: 'See http.access.' }).map(
    ([status, meaning]) => [status, { description: meaning, content: health && /50./.test(status) ? content : ERROR }],
  );
  return {
    operationId: operationId(path, method),
    summary,
    ...(path.startsWith('/api/v1/scenes') && { security: TOKEN_ONLY }),
    ...(description !== undefined && { description }),
    parameters: [...inPath, ...inQuery],
    responses: {
      200: { description: 'The answer.', content },
      ...(Object.fromEntries(others) as Record<string, Json>),
    },
  };
}

const jsonOf = (schema: TSchema): Json => ({ schema: withReferences(plain(schema)) });
const ERROR = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };

/** `/api/v1/nodes/{node}` → `getApiNodesNode`. */
const operationId = (path: string, method: string): string =>
  `${method}${path
    .replace('/api/v1', '/api')
    .split(/\W+/)
    .filter((word) => word !== '')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')}`;

/** Without what TypeBox keeps beside the schema itself. */
const plain = (schema: unknown): Record<string, Json> => JSON.parse(JSON.stringify(schema)) as Record<string, Json>;

/** Replaces schemas that have a name by references to it. */
function withReferences(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((one: Json) => withReferences(one));
  if (schema === null || typeof schema !== 'object') return schema;
  const entries = schema as Readonly<Record<string, Json>>;
  if (typeof entries['$id'] === 'string') return { $ref: `#/components/schemas/${entries['$id']}` };
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, withReferences(value)]));
}
