/** All that the mesh knows, in the words of the model. */
import type { Clock } from '../../base/clock.ts';
import type { NodeState } from '../../model/cluster-state.ts';
import type { Maintenance } from '../../model/maintenance.ts';
import type { Edge } from '../../model/member.ts';
import type {
  AddressConflict,
  KeyState,
  MeshState,
  Misbehaviour,
  NameConflict,
  Outage,
  UnmetSeed,
} from '../../model/mesh-state.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Culprit } from '../conduct/conduct.ts';
import type { NameConflict as ClaimedName } from '../names/register.ts';
import type { AddressConflict as FoundElsewhere } from '../peer-manager/conflicts.ts';
import type { KeyRefusal } from '../peer-manager/key-refusals.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { Directory, KnownNode } from './directory.ts';
import { type KeyNames, NamedEdges } from './named-edges.ts';
import type { ReadLatest, ReadReport } from './report-reader.ts';

export interface MeshView {
  readonly mesh: MeshState;
  /** The latest report of every other node that has sent one, with what it states of others. */
  readonly peers: readonly NodeState[];
  /** What this node states of others. */
  readonly edges: readonly Edge[];
}

export interface ViewSources {
  readonly self: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly directory: Directory;
  /** Names of members: who was never met is none. */
  readonly isMet: (name: string) => boolean;
  readonly book: Pick<RecordBook, 'freshness'>;
  readonly readLatest: ReadLatest;
  readonly names: KeyNames;
  readonly step: () => MembershipStep;
  readonly nameConflicts: () => readonly ClaimedName[];
  /** Prefixes of keys that several agents live with. */
  readonly doubledKeys: () => readonly string[];
  readonly addressConflicts: () => readonly FoundElsewhere[];
  readonly unmetSeeds: () => readonly UnmetSeed[];
  readonly keyIds: () => readonly string[];
  readonly keyRefusals: () => readonly KeyRefusal[];
  readonly culprits: () => readonly Culprit[];
  readonly addressesOf: (peerId: string) => readonly string[];
  /** What this agent tells others. */
  readonly ownAddresses: () => readonly string[];
  /** Monotonic, ms; undefined: this node is not isolated. */
  readonly isolatedSinceMs: () => number | undefined;
  readonly outages: (originMs: number) => readonly Outage[];
  readonly silentWitnesses: () => readonly string[];
  readonly maintenance: () => readonly Maintenance[];
  readonly digest: () => string;
}

/** Instants are made from monotonic times; the wall clock may creep as far before they all change. */
const DRIFT_MS = 1000;

export function createView(sources: ViewSources): () => MeshView {
  const { clock, step } = sources;
  const since = createSince(clock);
  let originMs = clock.now() - clock.monotonic();
  return () => {
    const now = clock.monotonic();
    const origin = clock.now() - now;
    if (Math.abs(origin - originMs) >= DRIFT_MS) originMs = origin;
    const { members, settled, edges, component } = step();
    const heard = heardOf(sources);
    const isolatedSinceMs = sources.isolatedSinceMs();
    const mesh: MeshState = {
      members,
      originMs,
      settled,
      ...(isolatedSinceMs !== undefined && {
        isolated: { sinceMs: isolatedSinceMs, witnesses: sources.silentWitnesses() },
      }),
      controlPlane: [],
      removing: [],
      conflicts: since([...nameConflicts(sources), ...keyConflicts(sources), ...addressConflicts(sources)]),
      outages: sources.outages(originMs),
      unmetSeeds: sources.unmetSeeds(),
      keys: keyState(sources, heard),
      addressesOf: (node) => addressesOfNode(node, sources),
      misbehaving: misbehaving(sources),
      maintenance: sources.maintenance(),
      digest: sources.digest(),
    };
    const isPeer = ({ node }: Heard): boolean => sources.isMet(node.name);
    const peers = heard.filter(isPeer).map((one) => peerState(one, sources, component, now));
    let own: readonly Edge[] | undefined;
    return {
      mesh,
      peers,
      // Whoever looks at the members only asks for no figures of edges.
      get edges() {
        return (own ??= edges());
      },
    };
  };
}

/** Another node with its latest report. */
interface Heard {
  readonly node: KnownNode;
  readonly read: ReadReport;
}

/** By name. */
const heardOf = ({ directory, readLatest, self }: ViewSources): readonly Heard[] =>
  directory.sorted().flatMap((node) => {
    const read = node.name === self ? undefined : readLatest(node.author);
    return read === undefined ? [] : [{ node, read }];
  });

const keyState = ({ keyIds, keyRefusals, directory }: ViewSources, heard: readonly Heard[]): KeyState => ({
  own: keyIds(),
  members: heard.flatMap(({ node, read: { keyIds: ids } }) => (ids.length === 0 ? [] : [{ node: node.name, ids }])),
  refusals: keyRefusals().flatMap(({ peerId, address, sinceMs }) => {
    const node = directory.byPeerId(peerId)?.name;
    return node === undefined ? [] : [{ node, address, sinceMs }];
  }),
});

function peerState(
  { node: { name, author }, read }: Heard,
  { book, names }: ViewSources,
  component: ReadonlySet<string>,
  now: number,
): NodeState {
  const { record, report, store } = read;
  const freshness = book.freshness(author, component.has(name), now);
  const edges = new NamedEdges(read, names);
  const elapsedMs = Math.max(0, now - record.madeAt);
  return { report, elapsedMs, freshness: freshness === 'none' ? 'stale' : freshness, edges, store };
}

/** Made when it is asked for: of 5,000 members few are in a finding. */
function addressesOfNode(name: string, { self, directory, addressesOf, ownAddresses }: ViewSources): readonly string[] {
  if (name === self) return ownAddresses();
  const peerId = directory.byName(name)?.peerId;
  return peerId === undefined ? [] : addressesOf(peerId);
}

/** A key without a name may have told where it listens, or not. */
const misbehaving = ({ culprits, directory, addressesOf }: ViewSources): Misbehaviour[] =>
  culprits().map(({ peerId, ...rest }) => ({
    node: directory.byPeerId(peerId)?.name,
    peerId,
    addresses: addressesOf(peerId),
    ...rest,
  }));

type Conflict = NameConflict | AddressConflict;
/** Omit for each member of a union by itself. */
type Undated<T> = T extends unknown ? Omit<T, 'since'> : never;

const nameConflicts = ({ nameConflicts: list, addressesOf }: ViewSources): Undated<Conflict>[] =>
  list().map(({ name, holder, claimant }) => ({
    kind: 'name',
    name,
    claimants: [holder, claimant].map(({ peerId }) => [peerId, ...addressesOf(peerId)].join(' ')),
  }));

const keyConflicts = ({ doubledKeys, directory, addressesOf }: ViewSources): Undated<Conflict>[] =>
  doubledKeys().flatMap((prefix) => {
    const node = directory.byPrefix(prefix);
    if (node === undefined) return [];
    const claimant = [node.peerId, ...addressesOf(node.peerId)].join(' ');
    return { kind: 'name', name: node.name, claimants: [claimant, 'another agent with the same key'] };
  });

const addressConflicts = ({ addressConflicts: list, directory }: ViewSources): Undated<Conflict>[] =>
  list().flatMap(({ address, expectedPeerId, actualPeerId }) => {
    const node = directory.byPeerId(expectedPeerId);
    if (node === undefined) return [];
    return { kind: 'address', node: node.name, address, found: directory.byPeerId(actualPeerId)?.name ?? actualPeerId };
  });

/** Adds since when each has been there. */
function createSince(clock: Pick<Clock, 'now'>): (conflicts: readonly Undated<Conflict>[]) => readonly Conflict[] {
  let known = new Map<string, number>();
  return (conflicts) => {
    const dated = conflicts.map((conflict) => {
      const key = JSON.stringify(conflict);
      return { key, conflict: { ...conflict, since: known.get(key) ?? clock.now() } };
    });
    known = new Map(dated.map(({ key, conflict }) => [key, conflict.since]));
    return dated.map(({ conflict }) => conflict);
  };
}
