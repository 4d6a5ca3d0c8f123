/** What a bundle says of itself. */
import { formatBytes } from '../../model/text.ts';
import type { Collected } from './collect.ts';

export interface ReadmeFacts extends Collected {
  /** Unix ms. */
  readonly at: number;
  /** Start of timeline and samples. */
  readonly from: string;
  readonly asked: readonly string[];
  readonly version: string;
  readonly addresses: 'kept' | 'replaced';
}

export function readmeOf({ at, from, asked, version, addresses, files, leftOut }: ReadmeFacts): string {
  const width = Math.max(...files.map(({ name }) => name.length), 0);
  return [
    `Collected ${new Date(at).toISOString()} by meerkat bundle ${version}.`,
    `Agents that were asked: ${asked.join(', ')}.`,
    `Timeline and samples begin at ${from}; all else is of the moment of collection.`,
    '',
    'Times are UTC, by the clock of the node that says them. Whatever an agent says of other nodes is what it',
    'knows of them; each directory is one agent, so two sides of a partition can be compared.',
    '',
    'Cluster keys, tokens, passwords and private keys are not in here, or are replaced by [redacted], as far as they can be',
    'told by their looks: messages are what programs and servers say. Look through it before you pass it on.',
    addresses === 'replaced'
      ? 'Addresses are replaced: each by the same word in all files.'
      : 'Addresses and names of nodes are in here; --redact-addresses replaces the addresses.',
    '',
    'What is in it:',
    ...files.map(
      ({ name, text, what }) => `  ${name.padEnd(width)}  ${formatBytes(Buffer.byteLength(text)).padStart(8)}  ${what}`,
    ),
    '',
    leftOut.length === 0 ? 'Nothing was left out.' : 'What was left out, and why:',
    ...leftOut.map(({ name, why }) => `  ${name}: ${why}`),
    '',
  ].join('\n');
}
