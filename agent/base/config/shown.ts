/** What may be shown of a setting that people put secrets into: the address of a hook, a secret in the place of its file. */
import type { TSchema } from 'typebox';
import { annotation } from './leaves.ts';

/**
 * What may be shown of a text, by the keyword `shown` of its schema; `hidden` stands for what is left out. Undefined: all.
 * - `origin`: of an address the scheme and the host, since its path may be a token, as that of a hook of Slack is
 * - `path`: the name of a file, if it is one
 * - `kind`: where a mapping is expected, nothing of what stands in its place
 */
export function shownPart(text: string, schema: TSchema | undefined, hidden: string): string | undefined {
  if (text === '' || schema === undefined) return undefined;
  switch (annotation(schema, 'shown')) {
    case 'origin':
      return originOf(text, hidden);
    case 'path':
      return text.startsWith('/') ? undefined : hidden;
    case 'kind':
      return hidden;
    default:
      return undefined;
  }
}

function originOf(text: string, hidden: string): string {
  if (!URL.canParse(text)) return hidden;
  const { protocol, host, username, password, pathname, search, hash } = new URL(text);
  if (host === '') return hidden;
  const isBare = [username, password, search, hash].every((part) => part === '') && pathname === '/';
  return `${protocol}//${host}${isBare ? '' : `/${hidden}`}`;
}
