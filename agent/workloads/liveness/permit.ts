/**
 * Who may be restarted, of all that fail of one watch in the whole cluster: so many that the others go on. Each agent decides
 * alone, by what it knows of the others, and all come to the same: candidates stand in an order that nobody chooses, by
 * rendezvous hashing of the watch with their node (Thaler and Ravishankar, "Using name-based mappings to increase hit
 * rates", IEEE/ACM ToN 6(1), 1998), and leave is given from the first on.
 *
 * When all replicas fail at once what they share has failed, and restarting them all makes it worse.
 */
import { hash } from 'node:crypto';
import type { LivenessWord } from '../../model/liveness.ts';

/** Of all containers of a watch; at least one. */
const SHARE = 0.25;

/** What is heard of a node, this one included. */
export interface NodeWord extends Omit<LivenessWord, 'watch'> {
  readonly node: string;
}

/**
 * How many more containers of this node may be condemned now.
 *
 * @param words of all nodes that are heard, for one watch
 */
export function leaveFor(self: string, watch: string, words: readonly NodeWord[]): number {
  const containers = sum(words, (word) => word.containers);
  const most = Math.max(1, Math.floor(containers * SHARE));
  const before = words.filter(({ node }) => node !== self && comesBefore(node, self, watch));
  const taken = sum(words, (word) => word.condemned) + sum(before, (word) => word.failing);
  return Math.max(0, most - taken);
}

const comesBefore = (node: string, other: string, watch: string): boolean => rank(node, watch) < rank(other, watch);

const rank = (node: string, watch: string): string => hash('sha256', `meerkat/liveness/1/${watch}/${node}`);

const sum = (words: readonly NodeWord[], value: (word: NodeWord) => number): number =>
  words.reduce((total, word) => total + value(word), 0);
