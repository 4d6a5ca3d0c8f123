/** What the readers' rosters mean for this agent, put together with what the mesh knows. Pure. */
import type { KubeState } from '../model/kube-state.ts';
import { type Member, isDown } from '../model/member.ts';
import type { HeardRoster, RosterEntry } from '../model/roster.ts';
import { ageOf, currentRosters, failingReaders, lastRoster } from './readers.ts';

const SCHEME = 'https://';

export interface KubeViewSources {
  readonly self: string;
  readonly members: readonly Member[];
  readonly rosters: readonly HeardRoster[];
  readonly missingRights: readonly string[];
  /** Since when this agent knows such a thing of a node; monotonic ms. */
  readonly knownSince: (what: 'without agent' | 'removing', node: string) => number;
  /** Monotonic. */
  readonly nowMs: number;
}

export function kubeView({ self, members, rosters, missingRights, knownSince, nowMs }: KubeViewSources): KubeState {
  const all = currentRosters(self, members, rosters);
  const [current] = all;
  const heard = current ?? lastRoster(rosters);
  if (heard === undefined)
    return {
      missingRights,
      unread: [],
      controlPlane: [],
      apiServers: [],
      removing: [],
      withoutAgent: [],
      leases: [],
      controllers: [],
      notReady: [],
    };
  const { entries, nodes, omitted } = heard.roster;
  const byName = new Map(members.map((member) => [member.name, member]));
  const removing = entries.flatMap((entry) => {
    const why = removalOf(entry, byName.get(entry.name), heard.elapsedMs, nowMs);
    if (why === undefined) return [];
    const sinceMs = knownSince('removing', entry.name);
    return [{ node: entry.name, why, isAnnounced: entry.removedBy !== undefined, sinceMs }];
  });
  return {
    missingRights,
    unread: current === undefined ? failingReaders(self, members, rosters) : [],
    roster: { reader: heard.node, ageMs: ageOf(heard), isCurrent: current !== undefined, nodes, omitted },
    controlPlane: entries.filter(({ isControlPlane }) => isControlPlane).map(({ name }) => name),
    apiServers: heard.roster.apiServers.map((url, index) => {
      const node = heard.roster.serverNodes?.[index];
      return { address: url.slice(SCHEME.length), ...(node !== undefined && { node }) };
    }),
    removing,
    // Who has met it since knows better.
    withoutAgent: entries
      .filter(({ name, hasNoAgent }) => hasNoAgent === true && !byName.has(name))
      .map(({ name }) => ({ node: name, sinceMs: knownSince('without agent', name) })),
    // Nobody renews anything while the API is down, so only what is read now tells.
    leases: freshest(all.flatMap(nodeLeases), ({ node }) => node),
    controllers: freshest(all.flatMap(controllerLeases), ({ name }) => name),
    notReady: entries.flatMap(({ name, ready, notReadyBecause: why }) =>
      ready === 'true' ? [] : [{ node: name, ready, ...(why !== undefined && { why }) }],
    ),
  };
}

const nodeLeases = ({ roster: { entries }, elapsedMs }: HeardRoster): KubeState['leases'] =>
  entries.flatMap(({ name, lease }) =>
    lease === undefined ? [] : [{ node: name, kind: lease.kind, unchangedForMs: lease.unchangedForMs + elapsedMs }],
  );

const controllerLeases = ({ roster: { controllers }, elapsedMs }: HeardRoster): KubeState['controllers'] =>
  controllers.map((one) => ({ ...one, unchangedForMs: one.unchangedForMs + elapsedMs }));

/**
 * Of what several readers say of one Lease, the last change that any of them saw: who began to read a moment ago, in the
 * place of one that is lost, knows nothing of it yet.
 */
function freshest<Lease extends { readonly unchangedForMs: number }>(
  leases: readonly Lease[],
  nameOf: (lease: Lease) => string,
): readonly Lease[] {
  const byName = new Map<string, Lease>();
  for (const lease of leases) {
    const known = byName.get(nameOf(lease));
    if (known === undefined || lease.unchangedForMs < known.unchangedForMs) byName.set(nameOf(lease), lease);
  }
  return [...byName.values()];
}

/** A node that somebody cordons because it is lost was not being removed when it was lost. */
function removalOf(
  { removedBy, cordonedForMs }: RosterEntry,
  member: Member | undefined,
  elapsedMs: number,
  nowMs: number,
): string | undefined {
  if (removedBy !== undefined) return `tainted ${removedBy}`;
  if (cordonedForMs === undefined) return undefined;
  const isLost = member !== undefined && isDown(member.state);
  return isLost && cordonedForMs + elapsedMs <= nowMs - member.sinceMs ? undefined : 'cordoned';
}
