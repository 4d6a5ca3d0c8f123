/** The configuration as it may be printed. */
import type { TSchema } from 'typebox';
import { annotation, isSection, itemsOf } from './leaves.ts';
import { type Config, type ConfigurableCheck, configSchema } from './schema.ts';
import { shownPart } from './shown.ts';

const HIDDEN = '[redacted]';

/** A copy without secrets: settings marked `writeOnly`, what `shown` leaves out, and the password part of every URL. */
export const redactConfig = (config: Config, checks: readonly ConfigurableCheck[]): Config =>
  copy(config, configSchema(checks)) as Config;

function copy(value: unknown, schema: TSchema | undefined): unknown {
  if (schema !== undefined && annotation(schema, 'writeOnly') === true) return value === '' ? '' : HIDDEN;
  if (typeof value === 'string')
    return shownPart(value, schema, HIDDEN) ?? value.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, `$1:${HIDDEN}@`);
  if (Array.isArray(value)) {
    const items = schema === undefined ? undefined : itemsOf(schema);
    return value.map((item) => copy(item, items));
  }
  if (typeof value !== 'object' || value === null) return value;
  const properties = schema !== undefined && isSection(schema) ? schema.properties : {};
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, copy(child, properties[name])]));
}
