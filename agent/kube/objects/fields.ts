/** Reads what may be anything: an object of the API is of some version, and may come from something else than the API. */

export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = {};

/** Of anything else than an object: none. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : NONE;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Undefined for the empty text, too: the API leaves out what is empty, and older versions did not. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The metadata that every object has. */
export function metadataOf(object: unknown): {
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly version: string | undefined;
  readonly labels: Fields;
} {
  const { name, uid, resourceVersion, labels } = fieldsOf(fieldsOf(object)['metadata']);
  return { name: textOf(name), uid: textOf(uid), version: textOf(resourceVersion), labels: fieldsOf(labels) };
}
