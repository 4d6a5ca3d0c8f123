/**
 * Writes `test/fixtures/kubernetes-1.34.schema.json`, a JSON Schema of the kinds that `daemonset.yaml` has. Its source is
 * the official client, which is generated from the API's OpenAPI document (its files say of which version: v1.34.0):
 *
 *     npm pack @kubernetes/client-node@1.4.0 && tar -xzf kubernetes-client-node-1.4.0.tgz
 *     node tools/kubernetes-schema.ts package
 *
 * A field that the API does not have is refused, which the API itself does not do: it drops it. What the server alone
 * writes (`status`) is left out, and so are descriptions.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

interface Definition {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
}

const VERSION = 'v1.34.0';
const KINDS = [
  'ClusterRole',
  'ClusterRoleBinding',
  'ConfigMap',
  'DaemonSet',
  'Namespace',
  'Role',
  'RoleBinding',
  'Secret',
  'Service',
  'ServiceAccount',
] as const;
const PLAIN: Readonly<Record<string, object>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  Date: { type: 'string' },
  IntOrString: { type: ['integer', 'string'] },
  any: {},
  object: { type: 'object' },
};

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Give the directory of the unpacked package; see the top of this file.');
const models = join(directory, 'dist/gen/models');
const definitions: Record<string, Definition> = {};

/** @param type as the client has it: `Array<V1Container>`, `{ [key: string]: string; }`, `number` */
function schemaOf(type: string, format: string): object {
  const item = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return { type: 'array', items: schemaOf(item, format) };
  const value = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (value !== undefined) return { type: 'object', additionalProperties: schemaOf(value, format) };
  if (type === 'number') return { type: format.startsWith('int') ? 'integer' : 'number' };
  const plain = PLAIN[type];
  if (plain !== undefined) return plain;
  define(type);
  return { $ref: `#/$defs/${type}` };
}

function define(type: string): void {
  if (type in definitions) return;
  const code = readFileSync(join(models, `${type}.js`), 'utf8');
  if (!code.includes(`OpenAPI spec version: ${VERSION}`)) throw new Error(`${type} is not of ${VERSION}`);
  const list = /\.attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(code)?.[1];
  if (list === undefined) throw new Error(`${type} has no attributes`);
  const types = readFileSync(join(models, `${type}.d.ts`), 'utf8');
  const isKind = types.includes("'kind'?:") && types.includes("'metadata'?:");
  const attributes = (JSON.parse(list) as Attribute[]).filter(({ baseName }) => !isKind || baseName !== 'status');
  const required = attributes.filter(({ name }) => types.includes(`    '${name}': `)).map(({ baseName }) => baseName);
  const properties: Record<string, object> = {};
  const definition: Definition = {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
  definitions[type] = definition;
  for (const { baseName, type: of, format } of attributes) properties[baseName] = schemaOf(of, format);
}

for (const kind of KINDS) define(`V1${kind}`);
const lines = Object.entries(definitions)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, definition]) => `    ${JSON.stringify(name)}: ${JSON.stringify(definition)}`);
const comment = `Written by tools/kubernetes-schema.ts from Kubernetes ${VERSION}; do not edit.`;
writeFileSync(
  join(import.meta.dirname, '../test/fixtures/kubernetes-1.34.schema.json'),
  `{\n  "$comment": ${JSON.stringify(comment)},\n  "$defs": {\n${lines.join(',\n')}\n  }\n}\n`,
);
