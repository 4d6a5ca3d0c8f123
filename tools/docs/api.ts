/** docs/api.md and docs/openapi.json: the HTTP interface, from the schemas that validate and serialise it. */
import { VERSION } from '../../agent/base/version.ts';
import { openApiDocument } from '../../agent/http/openapi.ts';
import { code, page, table } from './markdown.ts';

/** The parts of the OpenAPI document that the page shows. */
interface Document {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description: string;
    readonly schema: Schema;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

export function openApiFile(): string {
  const document = openApiDocument(VERSION) as unknown as Document;
  // The order of a module's exports depends on what loads it.
  const schemas = Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  const components = { ...document.components, schemas: Object.fromEntries(schemas) };
  return `${JSON.stringify({ ...document, components }, null, 2)}\n`;
}

export function apiPage(): string {
  const { paths, components } = JSON.parse(openApiFile()) as Document;
  return page(
    '# HTTP interface',
    INTRODUCTION,
    table(
      ['Path', 'Answers'],
      operationsOf(paths).map(([method, path, { summary }]) => [code(`${method} ${path}`), summary]),
    ),
    ...operationsOf(paths).map((one) => operationSection(...one)),
    '## Schemas',
    ...Object.entries(components.schemas).map(([name, schema]) => `### ${name}\n\n${fields(schema)}`),
  );
}

const INTRODUCTION = `
The agent listens on port 7575. Whatever is asked by GET changes nothing; what changes something is a POST of \`{}\` as JSON and
needs the bearer token (\`http.tokenFile\`), also from the node itself. [openapi.json](openapi.json) describes it for
programs. Instants are RFC 3339, durations are seconds with \`Seconds\` at the end of their name. Text for people comes
with \`Accept: text/plain\` or \`?format=text\`.

A status other than 200 speaks of the request and never of the cluster, except under \`/health\`. A question that is
not valid is answered with 400 and says what is allowed; 401 depends on \`http.access\`, see
[config.md](config.md#http); 421 says that the agent does not know itself by the name it was asked under
(\`http.hostNames\`); 429 that too many questions came from one address.`.trim();

const operationsOf = (paths: Document['paths']): (readonly [method: string, path: string, Operation])[] =>
  Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => [method.toUpperCase(), path, operation] as const),
  );

function operationSection(
  method: string,
  path: string,
  { summary, description, parameters, responses }: Operation,
): string {
  const parts = [`## ${method} ${path}`, summary];
  if (description !== undefined) parts.push(description);
  if (parameters.length > 0) {
    parts.push(
      table(
        ['Parameter', 'In', 'Allowed', 'Meaning'],
        parameters.map(({ name, in: place, required, description: meaning, schema }) => [
          required ? `${code(name)} (required)` : code(name),
          place,
          typeText(schema),
          meaning,
        ]),
      ),
    );
  }
  parts.push(
    table(
      ['Status', 'Meaning', 'Content'],
      Object.entries(responses).map(([status, { description: meaning, content }]) => [
        status,
        meaning,
        Object.entries(content)
          .map(([type, { schema }]) => (schema?.$ref === undefined ? type : `${type}: ${typeText(schema)}`))
          .join('<br>'),
      ]),
    ),
  );
  return parts.join('\n\n');
}

/** The fields of an object, those of objects inside it after them with their full path. */
function fields(schema: Schema): string {
  const rows = (of: Schema, prefix: string): string[][] =>
    Object.entries(of.properties ?? {}).flatMap(([name, child]) => {
      const optional = of.required?.includes(name) === true ? '' : ' (optional)';
      const inner = child.type === 'array' ? child.items : child;
      const path = `${prefix}${name}${child.type === 'array' ? '[]' : ''}`;
      return [
        [code(prefix + name) + optional, typeText(child), child.description ?? ''],
        ...(inner === undefined ? [] : rows(inner, `${path}.`)),
      ];
    });
  return table(['Field', 'Type', 'Meaning'], rows(schema, ''));
}

function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.type === 'array') return schema.items === undefined ? 'list' : `list of ${typeText(schema.items)}`;
  const range = schema.minimum === undefined ? '' : ` from ${schema.minimum} to ${schema.maximum ?? 'any'}`;
  const fallback = schema.default === undefined ? '' : `, by default ${JSON.stringify(schema.default)}`;
  return `${schema.format === 'date-time' ? 'instant' : (schema.type ?? 'anything')}${range}${fallback}`;
}
