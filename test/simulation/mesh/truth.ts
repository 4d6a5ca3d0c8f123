/**
 * What is true of a virtual cluster, and what an agent may therefore say of a member: the only source from which the
 * invariants know what is a false alarm.
 */
import type { MemberState } from '../../../agent/model/member.ts';
import type { VirtualAgent } from './agent.ts';
import type { World } from './world.ts';

export type Expected = MemberState | 'isolated';

export interface Truth {
  /** To be called after everything that was done to the world. */
  note(): void;
  /** Down states that are right, or were until a moment ago. */
  allows(observer: VirtualAgent, subject: string, state: MemberState): boolean;
  allowsIsolation(observer: VirtualAgent): boolean;
  /** What the observer must say once it has had the time; undefined where several answers are right. */
  expected(observer: VirtualAgent, subject: string): Expected | undefined;
  /** This name is disputed, or on its way to another agent: of it nothing is held against anybody. */
  dispute(name: string): void;
  isDisputed(name: string): boolean;
  /** Two may have claimed it a moment ago. */
  wasDisputed(name: string): boolean;
  /** From now on everybody must agree again. */
  settle(): void;
}

/** What was true may be said for so long after it has ended. */
export const LINGER_MS = 5000;
/** As long as a key that lives twice is told of after the second is gone. */
const CONFLICT_LINGER_MS = 125_000;

const DOWN: readonly MemberState[] = ['agent-down'];
/** A look may have found the host a moment before it was gone, and the answer was lost with everything else. */
const STUCK: readonly MemberState[] = ['agent-unresponsive'];

interface Pair {
  now: ReadonlySet<MemberState>;
  /** Until when it may be said. */
  readonly until: Map<MemberState, number>;
}

export function createTruth(world: World): Truth {
  const pairs = new Map<string, Pair>();
  const frozenAt = new Map<string, number>();
  const isolatedUntil = new Map<string, number>();
  const disputed = new Map<string, number>();
  const isDisputed = (name: string): boolean => disputed.get(name) === Infinity;
  const { network, queue } = world;

  const runningHosts = (): string[] =>
    world
      .agents()
      .flatMap(({ process, host, node }) => (process.isFrozen() && !world.starved.has(node) ? [] : [host.name]));
  /** Hosts that hang together with this one through running agents. */
  const reachOf = (from: string): ReadonlySet<string> => {
    const reached = new Set([from]);
    const hosts = runningHosts();
    for (const one of reached)
      for (const other of hosts) if (!reached.has(other) && network.isConnected(one, other)) reached.add(other);
    return reached;
  };
  const isCutOff = (host: string): boolean => {
    if (network.host(host).hasGateway) return false;
    // Nobody asks hosts of whom it does not know.
    const members = world.host(host).agent?.mesh.state().mesh.members ?? [];
    const others = members.map(({ name }) => world.homes.get(name) ?? name);
    return !others.some((other) => other !== host && network.isConnected(host, other));
  };

  /** Everybody has heard it, and its absence is excused. */
  const hasSaidGoodbye = (subject: string): boolean =>
    world.goodbyes.has(subject) && world.host(world.homes.get(subject) ?? subject).agent?.hasLeft === true;

  const impairments = (observerHost: string, subject: string): ReadonlySet<MemberState> => {
    const home = world.homes.get(subject) ?? subject;
    const states = new Set<MemberState>();
    const agent = world.agent(subject);
    // Who has been down for another reason may be called so until it is judged anew.
    if (!network.host(home).isOn)
      return new Set([
        'unreachable',
        ...(world.host(home).wasDown ? DOWN : []),
        ...(network.lossRatio() > 0 ? STUCK : []),
      ]);
    if (agent === undefined && !hasSaidGoodbye(subject)) states.add('agent-down');
    if (agent?.process.isFrozen() === true || world.starved.has(subject)) states.add('agent-unresponsive');
    const others = [...reachOf(observerHost)].filter((other) => other !== home);
    const blocked = others.filter((other) => !network.isConnected(other, home)).length;
    if (2 * blocked > others.length) states.add('unreachable');
    if (states.has('unreachable') && network.lossRatio() > 0) for (const state of STUCK) states.add(state);
    // Where less than three members hang together one observer decides by one look (design section 6). Where much is lost
    // both of its SYNs are, too: 13 of 100 looks at 20 % each way. The next looks put it right.
    if (states.has('agent-unresponsive') && network.lossRatio() > 0 && others.length < 3) states.add('unreachable');
    // Where much is lost, refusals are, too.
    if (states.has('agent-down') && network.lossRatio() > 0) states.add('unreachable');
    // Few are left to say what they see, and one of them does not see the host.
    if (blocked > 0 && states.size > 0) states.add('unreachable');
    return states;
  };

  const update = (observerHost: string, subject: string): void => {
    const key = `${observerHost} ${subject}`;
    const pair = pairs.get(key) ?? { now: new Set(), until: new Map() };
    const next = impairments(observerHost, subject);
    // What was over before this fault began says nothing of it.
    for (const [state, untilMs] of pair.until)
      if (pair.now.size === 0 && untilMs < queue.now()) pair.until.delete(state);
    for (const state of pair.now) if (!next.has(state)) pair.until.set(state, queue.now() + LINGER_MS);
    pair.now = next;
    pairs.set(key, pair);
  };

  /** Who stood still says what was true until it has had the time to look. */
  const noteFreezing = (host: string): void => {
    const isFrozen = world.host(host).agent?.process.isFrozen() === true;
    const since = frozenAt.get(host);
    if (isFrozen && since === undefined) frozenAt.set(host, queue.now());
    if (isFrozen || since === undefined) return;
    frozenAt.delete(host);
    for (const subject of world.homes.keys()) {
      const until = pairs.get(`${host} ${subject}`)?.until;
      for (const [state, atMs] of until ?? []) if (atMs > since) until?.set(state, queue.now() + LINGER_MS);
    }
    const isolatedMs = isolatedUntil.get(host) ?? 0;
    if (isolatedMs > since && isolatedMs < Infinity) isolatedUntil.set(host, queue.now() + LINGER_MS);
  };

  const expectedOfFine = (subject: string): MemberState | undefined => {
    const home = world.homes.get(subject) ?? subject;
    const isWhole = runningHosts().every((other) => other === home || network.isConnected(other, home));
    return isWhole ? 'alive' : undefined;
  };

  return {
    dispute: (name) => void disputed.set(name, Infinity),
    isDisputed,
    wasDisputed: (name) => (disputed.get(name) ?? -Infinity) >= queue.now(),
    settle() {
      for (const [name, untilMs] of disputed)
        if (untilMs === Infinity) disputed.set(name, queue.now() + CONFLICT_LINGER_MS);
    },
    note() {
      for (const host of world.hosts.keys()) {
        for (const subject of world.homes.keys()) update(host, subject);
        if (isCutOff(host)) isolatedUntil.set(host, Infinity);
        else if (isolatedUntil.get(host) === Infinity) isolatedUntil.set(host, queue.now() + LINGER_MS);
        noteFreezing(host);
      }
    },
    allows(observer, subject, state) {
      if (isDisputed(subject)) return true;
      const pair = pairs.get(`${observer.host.name} ${subject}`);
      if (pair === undefined) return false;
      // Who is down for one reason after the other may be called down for an earlier one.
      const isDownStill = pair.now.size > 0 && pair.until.has(state);
      return isDownStill || pair.now.has(state) || (pair.until.get(state) ?? -Infinity) >= queue.now();
    },
    allowsIsolation: ({ host }) => (isolatedUntil.get(host.name) ?? -Infinity) >= queue.now(),
    expected(observer, subject) {
      const { host } = observer;
      if (isDisputed(subject) || subject === observer.node) return undefined;
      if (isCutOff(host.name)) return 'isolated';
      const home = world.homes.get(subject) ?? subject;
      const reach = [...reachOf(host.name)].filter((other) => other !== home);
      if (!network.host(home).isOn || !reach.some((other) => network.isConnected(other, home))) return 'unreachable';
      const isSeenByAll = reach.every((other) => network.isConnected(other, home));
      const agent = world.agent(subject);
      if (agent === undefined && hasSaidGoodbye(subject)) return 'leaving';
      if (agent === undefined) return isSeenByAll ? 'agent-down' : undefined;
      if (world.starved.has(subject) || world.starved.has(observer.node)) return undefined;
      if (agent.process.isFrozen()) return isSeenByAll ? 'agent-unresponsive' : undefined;
      if (!reach.some((other) => other !== host.name || network.isConnected(other, home))) return 'unreachable';
      return expectedOfFine(subject);
    },
  };
}
