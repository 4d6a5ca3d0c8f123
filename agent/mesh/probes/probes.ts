/** The probes of one agent: answers its peers' pings, probes those of its plan, looks twice by TCP. */
import type { Clock } from '../../base/clock.ts';
import { createMtuOf } from '../../base/mtu.ts';
import type { FullSize } from '../../model/member.ts';
import type { Counters } from './counters.ts';
import { createCounters } from './counters.ts';
import type { StateStamp } from './datagram.ts';
import { authorPrefix } from './datagram.ts';
import { createHeardTable } from './heard.ts';
import { type ClusterKeyBytes, createKeyring } from './keys.ts';
import { createLooks } from './looks.ts';
import type { Away, Observation, ProbeTarget } from './observation.ts';
import { createProber } from './prober.ts';
import { createResponder } from './responder.ts';
import type { ListenAddress, ProbeSockets } from './socket.ts';
import { openProbeSockets } from './socket.ts';
import type { LocalAddresses } from './target-socket.ts';
import { createChannelOpener } from './target-socket.ts';
import { lookByTcp } from './tcp-look.ts';

export interface ProbesOptions {
  /** The own raw 32-byte author key. */
  readonly authorKey: Uint8Array;
  /** All are accepted, the first is used. */
  readonly clusterKeys: ClusterKeyBytes;
  readonly listen: readonly ListenAddress[];
  /** Own addresses to probe from; without one the kernel chooses. */
  readonly local?: LocalAddresses;
}

export interface ProbesDeps {
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** Asked for each datagram: cheap, please. */
  readonly state: () => StateStamp;
  readonly onObservation: (observation: Observation) => void;
  readonly onAway: (away: Away) => void;
}

export interface Probes {
  bound(): readonly ListenAddress[];
  readonly missing: ProbeSockets['missing'];
  /** Replaces the plan; at any time, also from within an observation. */
  setPlan(targets: readonly ProbeTarget[]): void;
  /** Pings a peer of the plan once more, at once. */
  ping(peerId: string): void;
  /** Starts a TCP look at a peer of the plan, unless one is under way; its result is an observation. */
  look(peerId: string): void;
  /** A connection to a peer of the plan broke: soon it is tried whether long datagrams pass. */
  testSize(peerId: string): void;
  /** Whether long datagrams pass, by peer; of those that this end tests. */
  fullSizes(): ReadonlyMap<string, FullSize>;
  /** From now on these keys are accepted, and no other. */
  admit(clusterKeys: ClusterKeyBytes): void;
  counters(): Readonly<Counters>;
  /**
   * Listens on these addresses and probes from these from now on.
   *
   * @throws AgentError `unavailable` when one cannot be bound: then all is as before
   */
  move(listen: readonly ListenAddress[], local: LocalAddresses): Promise<void>;
  stop(): Promise<void>;
}

/** @throws AgentError `unavailable` when nothing can be bound. */
export async function startProbes(options: ProbesOptions, deps: ProbesDeps): Promise<Probes> {
  const { clock } = deps;
  let local = options.local ?? {};
  const counters = createCounters();
  const keys = createKeyring(options.clusterKeys);
  const shared = {
    clock,
    keys,
    self: authorPrefix(options.authorKey),
    state: deps.state,
    heard: createHeardTable(),
    counters,
    mtuOf: createMtuOf(clock),
  };
  const looks = createLooks({ clock, lookByTcp: lookFrom(() => local), report: deps.onObservation });
  const prober = createProber({
    ...shared,
    random: deps.random,
    openChannel: createChannelOpener(() => local),
    report: deps.onObservation,
    onAway: deps.onAway,
  });
  const responder = createResponder({
    ...shared,
    onPing: (ping, at, key) => prober.notePing(ping, at, key),
  });
  const sockets = await openProbeSockets(options.listen, {
    onDatagram: (message, reply, at) => responder.handle(message, reply, at),
    onSendFailure: () => {
      counters.sendFailures += 1;
    },
  });
  let planned = new Set<string>();
  return {
    bound: () => sockets.bound(),
    missing: sockets.missing,
    setPlan(targets) {
      const next = new Set(targets.map(({ peerId }) => peerId));
      for (const peerId of planned.difference(next)) looks.cancel(peerId);
      planned = next;
      prober.setPlan(targets);
    },
    ping: (peerId) => prober.ping(peerId),
    look: (peerId) => looks.start(peerId, prober.addressesOf(peerId)),
    testSize: (peerId) => prober.testSize(peerId),
    fullSizes: () => prober.fullSizes(),
    admit: (clusterKeys) => keys.replace(clusterKeys),
    counters: () => counters,
    async move(listen, next) {
      await sockets.rebind(listen);
      local = next;
      prober.renewSockets();
    },
    async stop() {
      looks.stop();
      prober.stop();
      await sockets.close();
    },
  };
}

const lookFrom =
  (local: () => LocalAddresses): typeof lookByTcp =>
  (address, context) => {
    const localAddress = address.host.includes(':') ? local().ipv6 : local().ipv4;
    return lookByTcp({ ...address, ...(localAddress !== undefined && { localAddress }) }, context);
  };
