/** How each fault begins and ends in a virtual cluster, and by when everybody must know. */
import { TOMBSTONE, encodeTombstone } from '../../../agent/mesh/codec/tombstone.ts';
import { encodePayload } from '../../../agent/mesh/codec/payload.ts';
import { REPORT, encodeReport } from '../../../agent/mesh/codec/report.ts';
import { encodeEnvelope, signEnvelope } from '../../../agent/mesh/envelope/envelope.ts';
import { parseClusterId } from '../../../agent/mesh/identity/cluster-id.ts';
import { type KeyPair, keyPairFromSeed } from '../../../agent/mesh/identity/key-pair.ts';
import { parseIdentity } from '../../../agent/mesh/identity/identity-file.ts';
import { authorOf, prefixOf } from '../../../agent/mesh/identity/peer-id.ts';
import { EVENTS_TOPIC } from '../../../agent/mesh/spread/topic.ts';
import { aReport, aResult } from '../../lib/fixtures.ts';
import { CLUSTER_ID, IDENTITY_PATH, type VirtualAgent, versionText } from './agent.ts';
import type { Monitor } from './monitor.ts';
import type { Fault } from './schedule.ts';
import type { Truth } from './truth.ts';
import type { World } from './world.ts';

/** What faults are done to, and who knows what is true and what is said. */
export interface Stage {
  readonly world: World;
  readonly truth: Truth;
  readonly monitor: Monitor;
}

/** A fault under way. */
export interface Running {
  /** So long after its begin everybody knows. Undefined: there is nothing to know, or nobody can say when. */
  readonly knownAfterMs?: number;
  /** So long after its end all is well. */
  readonly healedAfterMs: number;
  /** Called before it ends: what everybody must have said by then; sentences of what is missing. */
  readonly check?: () => readonly string[];
  end(): void;
}

/** Design section 13. A killed agent is down within 1.5 s, and a silent host within 4.2 s. */
const DOWN_MS = 1500;
const SILENT_MS = 4200;
/** Where most members are gone, the rest must first find whom to observe. */
const FEW_LEFT_MS = 7500;
/** In a cluster of at most so many everybody observes everybody; in a larger one others have to take over first. */
const ALL_OBSERVE = 9;
const BACK_MS = 3000;
/** An agent that starts asks for its boot for up to 3 s, and settles within 10 s. */
const STARTED_MS = 10_000;
/** A new key has its name after 5 s at the old one's address. */
const RENAMED_MS = 16_000;
/** Whatever generation its name has reached. */
const BURIED = 1000;
/** No version of any report is this high. */
const NEVER = 999_999;

/** @param isAlone nothing else is wrong meanwhile */
export function beginFault(stage: Stage, named: Fault, isAlone: boolean): Running {
  const { world } = stage;
  const fault = atHome(world, named);
  switch (fault.kind) {
    case 'crash':
    case 'power-off':
      return beginLoss(stage, fault);
    case 'freeze':
      return beginFreeze(world, fault.hosts);
    case 'stutter':
      return beginStutter(stage, fault.hosts);
    case 'starve':
      return beginStarvation(stage, fault);
    case 'partition':
      return beginPartition(world, fault);
    case 'cut':
      return beginCut(world, fault);
    case 'loss':
      world.network.setLoss(fault.ratio);
      return { healedAfterMs: BACK_MS, end: () => world.network.setLoss(0) };
    case 'slow':
      world.network.slow(fault.host, fault.byMs);
      return { healedAfterMs: BACK_MS, end: () => world.network.slow(fault.host, 0) };
    case 'clock':
      world.host(fault.host).aheadMs += fault.byMs;
      return { healedAfterMs: BACK_MS, end: () => {} };
    case 'restart':
      return beginRestart(stage, fault.hosts, isAlone);
    case 'join':
      world.start(fault.host);
      return { healedAfterMs: STARTED_MS, end: () => {} };
    default:
      return beginOddity(stage, fault, isAlone);
  }
}

/** Nodes that have moved are met where they are now. */
const atHome = (world: World, fault: Fault): Fault =>
  JSON.parse(JSON.stringify(fault), (_, value: unknown) =>
    typeof value === 'string' ? (world.homes.get(value) ?? value) : value,
  ) as Fault;

type Oddity = Exclude<
  Fault,
  {
    kind:
      | 'crash'
      | 'power-off'
      | 'freeze'
      | 'stutter'
      | 'partition'
      | 'cut'
      | 'loss'
      | 'slow'
      | 'clock'
      | 'restart'
      | 'join';
  }
>;

/** What is wrong with who somebody is, or with what is said. */
function beginOddity(stage: Stage, fault: Oddity, isAlone: boolean): Running {
  const { world } = stage;
  switch (fault.kind) {
    case 'reinstall':
      return beginReinstall(stage, fault);
    case 'impostor':
    case 'clone':
      return beginTwin(stage, fault);
    case 'copy': {
      const [original, copy] = [world.host(fault.host), world.host(fault.spare)];
      copy.files = new Map(original.files);
      world.start(fault.spare);
      return { healedAfterMs: STARTED_MS, end: () => {} };
    }
    case 'remove':
      return beginRemoval(world, fault.host);
    case 'forge':
      forge(world, fault);
      return { healedAfterMs: BACK_MS, end: () => {} };
    case 'burst':
      return beginBurst(world, fault);
    case 'future':
      return beginFuture(stage, fault.host, isAlone);
    default:
      throw new Error('no such fault');
  }
}

function beginLoss(
  { world, truth }: Stage,
  { kind, hosts, loss }: Extract<Fault, { kind: 'crash' | 'power-off' }>,
): Running {
  for (const host of hosts) {
    if (kind === 'crash') world.crash(host);
    else world.powerOff(host);
  }
  const isNewKey = loss === 'key' || loss === 'all';
  const left = world.agents().length;
  const areFewLeft = 2 * hosts.length > world.names.length || (world.names.length > ALL_OBSERVE && hosts.length > 2);
  const slowest = areFewLeft ? FEW_LEFT_MS : SILENT_MS;
  return {
    ...(left > 0 && { knownAfterMs: kind === 'crash' ? DOWN_MS : slowest }),
    healedAfterMs: isNewKey ? RENAMED_MS : STARTED_MS,
    end() {
      for (const host of hosts) {
        if (kind === 'power-off' && !world.network.host(host).isOn) world.powerOn(host);
        if (!canStart(world, host)) continue;
        world.loseDisk(host, loss);
        if (isNewKey) truth.dispute(world.nodeAt(host));
        world.start(host);
      }
    },
  };
}

/** Two faults may be of one host, and the one that ends last starts its agent. */
const canStart = (world: World, host: string): boolean =>
  world.network.host(host).isOn && world.host(host).agent?.process.isAlive() !== true;

function beginFreeze(world: World, hosts: readonly string[]): Running {
  const agents = hosts.flatMap((host) => world.host(host).agent ?? []);
  for (const { process } of agents) process.freeze();
  const isAnybodyAwake = world.agents().some(({ process }) => !process.isFrozen());
  return {
    ...(isAnybodyAwake && { knownAfterMs: SILENT_MS }),
    healedAfterMs: BACK_MS,
    end: () => agents.forEach(({ process }) => process.thaw()),
  };
}

function beginStutter({ world, truth }: Stage, hosts: readonly string[]): Running {
  const each = (act: (agent: VirtualAgent) => void): void => {
    for (const host of hosts) {
      const { agent } = world.host(host);
      if (agent !== undefined) act(agent);
    }
    truth.note();
  };
  let isOn = true;
  for (const startMs of [0, 9000]) {
    world.queue.after(startMs, () => isOn && each(({ process }) => process.freeze()));
    world.queue.after(startMs + 8000, () => isOn && each(({ process }) => process.thaw()));
  }
  return {
    healedAfterMs: BACK_MS,
    end() {
      isOn = false;
      each(({ process }) => process.thaw());
    },
  };
}

function beginStarvation(
  { world, truth }: Stage,
  { hosts, stopsMs, runsMs }: Extract<Fault, { kind: 'starve' }>,
): Running {
  const agents = hosts.flatMap((host) => world.agent(world.nodeAt(host)) ?? []);
  let isOn = true;
  for (const { process, node } of agents) {
    world.starved.add(node);
    const stop = (): void => {
      if (!isOn) return;
      process.freeze();
      world.queue.after(stopsMs * (0.8 + 0.4 * world.random.next()), () => {
        process.thaw();
        world.queue.after(runsMs, stop);
      });
    };
    stop();
  }
  return {
    healedAfterMs: BACK_MS,
    end() {
      isOn = false;
      for (const { process, node } of agents) {
        process.thaw();
        world.starved.delete(node);
      }
      truth.note();
    },
  };
}

function beginPartition(world: World, { groups, withoutGateway }: Extract<Fault, { kind: 'partition' }>): Running {
  const { network } = world;
  const all = [...world.hosts.keys()];
  // Hosts that came later are with the first.
  const rest = all.filter((host) => !groups.flat().includes(host));
  const sides = groups.map((group, index) => (index === 0 ? [...group, ...rest] : group));
  const paths = all.flatMap((from) =>
    all.flatMap((to) => (sides.some((side) => side.includes(from) && side.includes(to)) ? [] : [[from, to] as const])),
  );
  for (const [from, to] of paths) network.cut(from, to);
  for (const host of withoutGateway) network.host(host).hasGateway = false;
  return {
    knownAfterMs: world.names.length <= 8 ? SILENT_MS : FEW_LEFT_MS,
    healedAfterMs: BACK_MS,
    end() {
      for (const [from, to] of paths) network.mend(from, to);
      for (const host of withoutGateway) network.host(host).hasGateway = true;
    },
  };
}

function beginCut({ network }: World, { pairs, oneWay }: Extract<Fault, { kind: 'cut' }>): Running {
  const paths = pairs.flatMap(([from, to]) => [[from, to] as const, ...(oneWay ? [] : [[to, from] as const])]);
  for (const [from, to] of paths) network.cut(from, to);
  return {
    healedAfterMs: BACK_MS,
    end: () => paths.forEach(([from, to]) => network.mend(from, to)),
  };
}

function beginRestart({ world, truth }: Stage, hosts: readonly string[], isAlone: boolean): Running {
  const agents = hosts.flatMap((host) => world.agent(world.nodeAt(host)) ?? []);
  for (const agent of agents) {
    agent.hasLeft = true;
    if (isAlone) world.goodbyes.add(agent.node);
    agent.process.run(() => {
      agent.save();
      void agent.mesh.stop('restart').then(() => {
        if (agent.process.isAlive()) world.crash(agent.host.name);
        truth.note();
      });
    });
  }
  return {
    ...(isAlone && { knownAfterMs: DOWN_MS }),
    healedAfterMs: STARTED_MS,
    end() {
      for (const { host, node } of agents) {
        world.goodbyes.delete(node);
        // Whoever was started meanwhile has nothing to do with this.
        if (host.agent !== undefined && !agents.includes(host.agent)) continue;
        world.crash(host.name);
        if (canStart(world, host.name)) world.start(host.name, node);
      }
    },
  };
}

function beginReinstall({ world, truth }: Stage, { host, spare }: Extract<Fault, { kind: 'reinstall' }>): Running {
  const node = world.nodeAt(host);
  world.powerOff(host);
  world.queue.after(6000, () => {
    truth.dispute(node);
    world.homes.set(node, spare);
    world.start(spare, node);
    truth.note();
  });
  return { knownAfterMs: SILENT_MS, healedAfterMs: STARTED_MS, end: () => {} };
}

/** How an agent tells that it is one of two. */
const isTold = ({ mesh }: VirtualAgent, name: string): boolean =>
  mesh.state().mesh.conflicts.some((conflict) => conflict.kind === 'name' && conflict.name === name);

function beginTwin(
  { world, truth, monitor }: Stage,
  { kind, host, spare }: Extract<Fault, { kind: 'impostor' | 'clone' }>,
): Running {
  const [original, twin] = [world.host(host), world.host(spare)];
  const node = world.nodeAt(host);
  const holder = original.agent?.transport()?.peerId;
  truth.dispute(node);
  if (kind === 'clone') {
    twin.files = new Map(original.files);
    twin.machineId = original.machineId;
  }
  world.start(spare, node);
  return {
    healedAfterMs: RENAMED_MS,
    check() {
      const others = world.agents().filter(({ host: at }) => at !== original && at !== twin);
      const silent = others.filter((agent) => !isTold(agent, node));
      const robbed = world
        .agents()
        .filter(({ host: at }) => kind === 'impostor' && at !== twin)
        .filter(({ host: at }) => at !== original)
        .filter(({ host: at }) => monitor.holdings(at.kept).holders.get(node) !== holder);
      return [
        ...silent.map((agent) => `${agent.host.name} does not tell of the conflict over ${node}`),
        ...robbed.map((agent) => `${agent.host.name} has taken ${node} from who lives`),
      ];
    },
    end: () => world.crash(spare),
  };
}

function beginRemoval(world: World, host: string): Running {
  const node = world.nodeAt(host);
  const agent = world.agent(node);
  const writer = world.agents().find((one) => one.host.name !== host);
  const key = agent === undefined ? undefined : authorOf(agent.transport()?.peerId ?? '');
  if (agent === undefined || writer === undefined || key === undefined) return { healedAfterMs: BACK_MS, end() {} };
  world.crash(host);
  world.queue.after(4000, () => {
    world.removed.add(node);
    inject(writer, (keys) =>
      signEnvelope(
        TOMBSTONE,
        encodeTombstone(
          { boot: writer.mesh.counts()?.position.boot ?? 1, sequence: 1, node: writer.node },
          { name: node, author: key, generation: BURIED, why: 'forget' },
        ),
        keys,
        clusterId(),
      ),
    );
  });
  return {
    healedAfterMs: RENAMED_MS,
    check() {
      const others = world.agents().filter(({ host: at }) => at.name !== host && at !== writer.host);
      const late = others.filter(
        ({ mesh }) => mesh.state().mesh.members.find(({ name }) => name === node)?.state !== 'left',
      );
      return late.map(({ host: at }) => `${at.name} still expects ${node}`);
    },
    end() {
      world.removed.delete(node);
      world.start(host);
    },
  };
}

function beginBurst(world: World, { host, count }: Extract<Fault, { kind: 'burst' }>): Running {
  const agent = world.agent(world.nodeAt(host));
  if (agent === undefined) return { healedAfterMs: BACK_MS, end() {} };
  for (let at = 0; at < count; at += 1) world.say(agent, `burst ${at} of ${host} at ${world.queue.now()}`);
  return { knownAfterMs: 0, healedAfterMs: BACK_MS, end() {} };
}

function beginFuture({ world, monitor }: Stage, host: string, isAlone: boolean): Running {
  const agent = world.agent(world.nodeAt(host));
  if (agent !== undefined) {
    inject(agent, (keys) => signEnvelope('future', encodePayload([1, 1, 1, agent.node, 'x']), keys, clusterId()));
    // It went past the writer's own book.
    const key = authorOf(agent.transport()?.peerId ?? '');
    if (key !== undefined) monitor.holdings(agent.host.kept).unknown.add(`${prefixOf(key)}/future`);
    if (key !== undefined && isAlone) world.told.add(`${prefixOf(key)}/future`);
  }
  return { healedAfterMs: BACK_MS, end() {} };
}

/** Under the next sequence of the victim, signed by somebody else. */
function forge(world: World, { host, victim }: Extract<Fault, { kind: 'forge' }>): void {
  const [agent, of] = [world.agent(world.nodeAt(host)), world.agent(world.nodeAt(victim))];
  const author = of === undefined ? undefined : authorOf(of.transport()?.peerId ?? '');
  if (agent === undefined || of === undefined || author === undefined) return;
  const { boot, sequence } = of.mesh.counts()?.position ?? { boot: 1, sequence: 1 };
  const report = aReport([aResult({ status: 'unknown', why: versionText(NEVER) })], { node: of.node });
  const payload = encodeReport(
    { boot, sequence: sequence + 1, contentSequence: sequence + 1 },
    { report, madeAt: 1, edges: [], store: { state: 'ok', since: 1, message: '' }, addresses: [] },
  );
  inject(agent, (keys) => {
    const signed = signEnvelope(REPORT, payload, keys, clusterId());
    return encodeEnvelope({
      type: REPORT,
      author,
      signature: signed.subarray(2 + REPORT.length + 32, 2 + REPORT.length + 96),
      payload,
    });
  });
}

/** Broadcasts what the product itself would not write. */
function inject(agent: VirtualAgent, make: (keys: KeyPair) => Uint8Array): void {
  const text = agent.host.files.get(IDENTITY_PATH);
  if (text === undefined) return;
  const bytes = make(keyPairFromSeed(parseIdentity(text).seed));
  agent.process.run(() => void agent.transport()?.publish(EVENTS_TOPIC, bytes));
}

const clusterId = (): Uint8Array => parseClusterId(CLUSTER_ID) ?? new Uint8Array(16);
