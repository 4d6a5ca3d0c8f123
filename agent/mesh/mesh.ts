/** The mesh of one agent: from an identity file and a cluster key to what all agents know of each other. */
import type { Clock } from '../base/clock.ts';
import { AgentError } from '../base/errors.ts';
import type { Board } from '../model/board.ts';
import type { ForgetOutcome } from '../model/forget-outcome.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from '../model/maintenance.ts';
import type { Edge, Member } from '../model/member.ts';
import type { MeshChanges } from '../model/mesh-memory.ts';
import type { PeerWay } from '../model/ports.ts';
import type { QuestionHandler, Questions } from '../model/questions.ts';
import type { NodeReport } from '../model/report.ts';
import type { HeardRoster, Roster } from '../model/roster.ts';
import type { TimelineEvent } from '../model/timeline.ts';
import { type Place, ownAddresses } from './compose/addresses.ts';
import { claimBoot } from './compose/boot.ts';
import type { ClusterKeys, MeshCounts, MeshDeps, MeshOptions } from './compose/contract.ts';
import { MeshCore } from './compose/core.ts';
import type { PeerEvent } from './compose/hearing.ts';
import { type MeshParts, systemParts } from './compose/parts.ts';
import type { MeshView } from './compose/view.ts';
import { createConduct } from './conduct/conduct.ts';
import type { Tombstone } from './codec/tombstone.ts';
import { parseClusterId } from './identity/cluster-id.ts';
import { type Identity, openIdentity } from './identity/identity.ts';
import { SUBJECT } from './questions/protocol.ts';
import { askMessage } from './questions/questions.ts';

export type { MeshCounts, MeshDeps, MeshOptions } from './compose/contract.ts';
export type { PeerEvent } from './compose/hearing.ts';
export type { MeshView } from './compose/view.ts';

export interface Mesh extends Questions {
  /**
   * Listens and looks for the others. The first report follows within 3 s, as soon as peers have said which boot they
   * know.
   *
   * @throws AgentError `unavailable` when an address cannot be listened on, `config` without a cluster key or id
   */
  start(): Promise<void>;
  /**
   * This agent is to be found somewhere else from now on; peers learn it by its next report, which goes out at once. Does
   * nothing before the start.
   *
   * @throws AgentError `unavailable` when one of the addresses cannot be listened on: try again
   */
  move(place: Place): Promise<void>;
  /** Tells the others, then closes everything. A stopped mesh is not started again. */
  stop(reason: 'restart' | 'shutdown'): Promise<void>;
  /** The own report may have changed: it goes out within a second if it has. It goes out every so often anyway. */
  publishReport(): void;
  /** From now on these keys are accepted, and no other. Nothing before the start. */
  admit(clusterKeys: ClusterKeys): void;
  /** Tells all others, also those who come later. Nothing before the start: the caller keeps them until then. */
  publishEvents(events: readonly TimelineEvent[]): void;
  /** A member does not come back, says a person or the Kubernetes API: it is removed, unless it is alive. */
  forget(name: string, why?: Tombstone['why']): ForgetOutcome;
  /** Somebody works on a node, says a person, or does not any more: all others are told. */
  maintain(order: MaintenanceOrder): MaintenanceOutcome;
  /** What agents tell each other on subjects of which the mesh knows nothing. Empty before the start. */
  readonly board: Board;
  /**
   * What this agent reads of the cluster's Nodes. Nothing before the start.
   *
   * @param isNews false: nothing but ages changed since the last one
   */
  tellRoster(roster: Roster, isNews: boolean): void;
  /** What the readers have said, this agent among them; from a run before, too. */
  rosters(): readonly HeardRoster[];
  /** Names that two agents or more claim. */
  contested(): readonly string[];
  /** Where agents may be, beside the seeds, each time in full: addresses with ports. Nothing before the start. */
  suggest(addresses: readonly string[]): void;
  /** Every known member, as in the state, which costs more. */
  members(): readonly Member[];
  /** What this agent sees of others. */
  edges(): readonly Edge[];
  /** How those are reached whom this agent probes. */
  ways(): readonly PeerWay[];
  /** What is known now; of nobody before the start. */
  state(): MeshView;
  /** Called when the state is another one. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Called for each event of another agent, once. Returns how to stop. */
  onEvents(listener: (event: PeerEvent) => void): () => void;
  /** Called for each newer report of another node, with its age in ms; not for those from disk. Returns how to stop. */
  onReport(listener: (report: NodeReport, ageMs: number) => void): () => void;
  /** Called when this agent was removed from the cluster and is a member again. Returns how to stop. */
  onReturn(listener: () => void): () => void;
  /** What is to be kept for the next run, and was not returned by an earlier call; undefined before the start. */
  changes(): MeshChanges | undefined;
  /** For metrics; undefined before the start. */
  counts(): MeshCounts | undefined;
  /** Who this agent is; undefined before the start. */
  identity(): Identity | undefined;
}

export function createMesh(
  { memory: recalled, ...options }: MeshOptions,
  deps: MeshDeps,
  parts: MeshParts = systemParts(),
): Mesh {
  // Megabytes in a large cluster: nothing holds on to it once it was taken up.
  let memory = recalled;
  const changes = new Set<() => void>();
  const events = new Set<(event: PeerEvent) => void>();
  const reports = new Set<(report: NodeReport, ageMs: number) => void>();
  const returns = new Set<() => void>();
  const handlers = new Map<string, QuestionHandler>();
  let identity: Identity | undefined;
  let core: MeshCore | undefined;
  let isStopped = false;

  const subscribe = <T>(listeners: Set<T>, listener: T): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const open = async (): Promise<MeshCore> => {
    const addresses = ownAddresses(options);
    const { clock, log } = deps;
    identity = await openIdentity(options, { ...deps, files: parts.files });
    for (const { kind, message } of identity.notices) if (kind !== 'first-start') log.warn({ kind }, message);
    const clusterId = parseClusterId(identity.clusterId ?? '');
    if (clusterId === undefined) throw new AgentError('config', 'The id of the cluster is not known.');
    const request = {
      keys: identity.keys,
      clusterKeys: options.clusterKeys,
      listen: addresses.listening,
      announce: addresses.announced,
    };
    const boot = await claimBoot(identity, { clock, log });
    const conduct = createConduct(clock);
    const transport = await parts.openTransport(request, { clock, log, conduct });
    try {
      // Broadcasts can be subscribed to from now on.
      await transport.start();
    } catch (error) {
      boot.stop();
      await transport.stop();
      throw error;
    }
    return new MeshCore(
      { ...options, addresses },
      {
        ...deps,
        parts,
        identity,
        clusterId,
        boot,
        transport,
        conduct,
        onChange: () => changes.forEach((listener) => listener()),
        onEvent: (event) => events.forEach((listener) => listener(event)),
        onReport: (report, ageMs) => reports.forEach((listener) => listener(report, ageMs)),
        onReturn: () => returns.forEach((listener) => listener()),
        handlerOf: (subject) => handlers.get(subject),
      },
      memory,
    );
  };

  return {
    async start() {
      if (options.clusterKeys.length === 0) throw new AgentError('config', 'There is no cluster key.');
      core = await open();
      memory = undefined;
      if (isStopped) return core.stop('shutdown');
      try {
        await core.start();
      } catch (error) {
        await core.stop('shutdown');
        throw error;
      }
    },
    async stop(reason) {
      isStopped = true;
      await core?.stop(reason);
    },
    move: async (place) => core?.move(ownAddresses(place)),
    publishReport: () => core?.requestReport(),
    admit: (clusterKeys) => core?.admit(clusterKeys),
    publishEvents: (list) => list.forEach((event) => core?.publishEvent(event)),
    forget: (name, why = 'forget') => core?.forget(name, why) ?? { kind: 'not-settled' },
    maintain: (order) => core?.maintain(order) ?? { kind: 'not-settled' },
    board: {
      tell: (topic, items) => core?.board()?.tell(topic, items) ?? 'not-yet',
      notes: (topic) => core?.board()?.notes(topic) ?? [],
    },
    ask: async (node, ...asked) =>
      core?.ask(node, ...asked) ?? { kind: 'failed', node, why: 'no-mesh', message: askMessage('no-mesh', node) },
    answer(subject, handler) {
      if (!SUBJECT.test(subject)) throw new RangeError(`${subject} is no subject of questions.`);
      handlers.set(subject, handler);
    },
    tellRoster: (roster, isNews) => core?.tellRoster(roster, isNews),
    rosters: () => core?.rosters() ?? [],
    contested: () => core?.contested() ?? [],
    suggest: (addresses) => core?.suggest(addresses),
    members: () => core?.members() ?? [],
    edges: () => core?.edges() ?? [],
    ways: () => core?.ways() ?? [],
    state: () => core?.view() ?? nothing(deps.clock),
    onChange: (listener) => subscribe(changes, listener),
    onEvents: (listener) => subscribe(events, listener),
    onReport: (listener) => subscribe(reports, listener),
    onReturn: (listener) => subscribe(returns, listener),
    changes: () => core?.changes(),
    counts: () => core?.counts(),
    identity: () => identity,
  };
}

const nothing = (clock: Clock): MeshView => ({
  mesh: {
    members: [],
    originMs: clock.now() - clock.monotonic(),
    settled: false,
    controlPlane: [],
    removing: [],
    conflicts: [],
    outages: [],
    digest: '',
  },
  peers: [],
  edges: [],
});
