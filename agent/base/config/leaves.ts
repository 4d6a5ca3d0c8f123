/** The configuration as a flat list of settings, each with its names in the file, the environment and the flags. */
import type { TObject, TSchema } from 'typebox';

/** One setting: a node of the schema that is no section. */
export interface Leaf {
  readonly path: readonly string[];
  /** As in the file and in messages: `http.tokenFile`. */
  readonly key: string;
  /** `MEERKAT_HTTP_TOKEN_FILE` */
  readonly env: string;
  /** `--http.token-file` */
  readonly flag: string;
  readonly schema: TSchema;
  readonly default: unknown;
  readonly description: string;
}

export const ENV_PREFIX = 'MEERKAT_';

/** Every setting, in the schema's order. */
export function leavesOf(schema: TObject, path: readonly string[] = []): Leaf[] {
  return Object.entries(schema.properties).flatMap(([name, child]) => {
    const childPath = [...path, name];
    return isSection(child) ? leavesOf(child, childPath) : [leafOf(childPath, child)];
  });
}

/**
 * A section holds settings of its own; a record with free keys is one setting. Asks the schema's own keywords, so that
 * a schema that was not made by TypeBox's builders counts as well.
 */
export const isSection = (schema: TSchema): schema is TObject =>
  annotation(schema, 'type') === 'object' && Object.keys(annotation(schema, 'properties') ?? {}).length > 0;

/** The schema of a list's items, where all have the same. */
export function itemsOf(schema: TSchema): TSchema | undefined {
  const items = annotation(schema, 'items');
  return typeof items === 'object' && items !== null && !Array.isArray(items) ? items : undefined;
}

/** The value of one keyword of a schema, where it has it. */
export const annotation = (schema: TSchema, name: string): unknown =>
  (schema as Readonly<Record<string, unknown>>)[name];

/** `tokenFile` → `token-file` */
export const kebabCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

function leafOf(path: readonly string[], schema: TSchema): Leaf {
  const kebab = path.map(kebabCase);
  const description = annotation(schema, 'description');
  return {
    path,
    key: path.join('.'),
    env: ENV_PREFIX + kebab.join('_').replaceAll('-', '_').toUpperCase(),
    flag: `--${kebab.join('.')}`,
    schema,
    default: annotation(schema, 'default'),
    description: typeof description === 'string' ? description : '',
  };
}
