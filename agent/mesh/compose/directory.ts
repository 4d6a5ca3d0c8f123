/** Which key speaks for which node: what the register of names says, to be looked up both ways. */
import { type AuthorKey, authorOf, prefixOf } from '../identity/peer-id.ts';
import type { Binding } from '../names/binding.ts';

export interface KnownNode {
  readonly name: string;
  readonly peerId: string;
  readonly author: AuthorKey;
  /** First 8 bytes of the key in base64url, as edges and ids name it. */
  readonly prefix: string;
  readonly generation: number;
}

export interface Directory {
  /** Replaces all. Returns what is new: the nodes whose name has got this key just now. */
  replace(holders: readonly Binding[]): readonly KnownNode[];
  byName(name: string): KnownNode | undefined;
  byPeerId(peerId: string): KnownNode | undefined;
  byPrefix(prefix: string): KnownNode | undefined;
  all(): Iterable<KnownNode>;
  /** All by name; the same list until {@link replace}. */
  sorted(): readonly KnownNode[];
}

export function createDirectory(): Directory {
  let names = new Map<string, KnownNode>();
  let peerIds = new Map<string, KnownNode>();
  let prefixes = new Map<string, KnownNode>();
  let sorted: readonly KnownNode[] | undefined;
  return {
    replace(holders) {
      const before = names;
      const nodes = holders.flatMap((holder) => known(before.get(holder.name), holder) ?? []);
      sorted = undefined;
      names = new Map(nodes.map((node) => [node.name, node]));
      peerIds = new Map(nodes.map((node) => [node.peerId, node]));
      prefixes = new Map(nodes.map((node) => [node.prefix, node]));
      return nodes.filter(({ name, peerId }) => before.get(name)?.peerId !== peerId);
    },
    byName: (name) => names.get(name),
    byPeerId: (peerId) => peerIds.get(peerId),
    byPrefix: (prefix) => prefixes.get(prefix),
    all: () => names.values(),
    sorted: () => (sorted ??= [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1))),
  };
}

/** Undefined where the PeerId is of no Ed25519 key: nobody can sign for it. */
function known(before: KnownNode | undefined, { name, peerId, generation }: Binding): KnownNode | undefined {
  if (before?.peerId === peerId && before.generation === generation) return before;
  const author = authorOf(peerId);
  return author === undefined ? undefined : { name, peerId, author, prefix: prefixOf(author), generation };
}
