/** Watches all agents of a virtual cluster, and names every promise that one of them breaks. */
import { EVENT, decodeEvent } from '../../../agent/mesh/codec/event.ts';
import { peekHeader } from '../../../agent/mesh/codec/header.ts';
import { decodeEnvelope } from '../../../agent/mesh/envelope/envelope.ts';
import type { PeerEvent } from '../../../agent/mesh/mesh.ts';
import { type Member, isDown } from '../../../agent/model/member.ts';
import type { MeshChanges } from '../../../agent/model/mesh-memory.ts';
import type { MeshDisk } from '../../lib/mesh-disk.ts';
import { createBounds } from './bounds.ts';
import { type AgentWatch, type VirtualAgent, versionOf } from './agent.ts';
import type { Truth } from './truth.ts';
import type { World } from './world.ts';

/** Each is a promise; its name is how a failure is called. */
export type Invariant =
  /** Nobody is called down, cut off or in conflict who is not. */
  | 'false-alarm'
  | 'false-isolation'
  /** Nothing is wrong but a cut of which all know, and somebody doubts a member of its own side, also after the heal. */
  | 'own-side-doubted'
  | 'false-conflict'
  /** A fault is told within its bound, by everybody who can know. */
  | 'fault-not-told'
  /** After it everybody says that all is well. */
  | 'not-healed'
  /** All agents hold the same reports, names and logs after a heal. */
  | 'reports-differ'
  | 'names-differ'
  | 'event-lost'
  | 'event-twice'
  | 'update-lost'
  /** What was replaced comes back. */
  | 'update-back'
  | 'order-back'
  | 'boot-back'
  /** Somebody believes what its author never said. */
  | 'forged'
  | 'late-news'
  /** Members that were lost together are told one by one. */
  | 'judged-apart'
  | 'conflict-not-told'
  | 'not-removed'
  | 'unknown-lost'
  /** An agent talks more than anything that happens is worth. */
  | 'traffic'
  /** It holds more than follows from the number of members, or writes more events. */
  | 'memory'
  | 'event-rate'
  /** Something is held against an agent that keeps the rules, or it is cut off. */
  | 'false-misdeed'
  | 'defect';

export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly what: string;
}

/** What a disk holds, as far as it matters here. */
export interface Holdings {
  /** Messages of events. */
  readonly messages: Set<string>;
  /** By `author/type`. */
  readonly order: Map<string, readonly [boot: number, sequence: number]>;
  /** Types of envelopes that no version knows. */
  readonly unknown: Set<string>;
  /** Node → PeerId. */
  holders: ReadonlyMap<string, string>;
}

export interface Monitor extends AgentWatch {
  readonly violations: Violation[];
  report(invariant: Invariant, what: string): void;
  holdings(disk: MeshDisk): Holdings;
  /** Times at which an agent has begun to call members unreachable, with their number. */
  readonly verdicts: Map<VirtualAgent, Map<number, string[]>>;
  attach(world: World, truth: Truth): void;
}

const testimonyOf = ({ testimony }: Member): string =>
  testimony.map(({ observer, state }) => `${observer} ${state}`).join(', ');

const MOST_VIOLATIONS = 12;
export function createMonitor(): Monitor {
  let world: World | undefined;
  let truth: Truth | undefined;
  const violations: Violation[] = [];
  const disks = new WeakMap<MeshDisk, Holdings>();
  const seen = new WeakMap<VirtualAgent, { versions: Map<string, number>; events: Set<string>; down: Set<string> }>();
  const verdicts = new Map<VirtualAgent, Map<number, string[]>>();
  const pending = new WeakSet<VirtualAgent>();
  const bounds = createBounds((invariant, what) => report(invariant, what));
  const boots = new Map<string, { readonly boot: number; readonly life: VirtualAgent }>();

  const report = (invariant: Invariant, what: string): void => {
    if (violations.some((one) => one.what === what)) return;
    if (violations.length < MOST_VIOLATIONS) violations.push({ invariant, atMs: world?.queue.now() ?? 0, what });
  };
  const holdings = (disk: MeshDisk): Holdings => {
    const known = disks.get(disk) ?? { messages: new Set(), order: new Map(), unknown: new Set(), holders: new Map() };
    disks.set(disk, known);
    return known;
  };
  const seenBy = (agent: VirtualAgent) => {
    const known = seen.get(agent) ?? { versions: new Map(), events: new Set(), down: new Set() };
    seen.set(agent, known);
    return known;
  };

  const look = (agent: VirtualAgent): void => {
    if (world === undefined || truth === undefined || !agent.process.isAlive() || agent.process.isFrozen()) return;
    const { mesh, peers } = agent.mesh.state();
    const { versions, down } = seenBy(agent);
    const ownSide = world.sides?.find((hosts) => hosts.includes(agent.host.name));
    for (const member of mesh.members) {
      if (member.state === 'suspect' && ownSide?.includes(world.homes.get(member.name) ?? member.name) === true)
        report('own-side-doubted', `${agent.host.name} doubts ${member.name}: ${testimonyOf(member)}`);
      if (!isDown(member.state)) {
        down.delete(member.name);
        continue;
      }
      if (!member.judged || !mesh.settled) continue;
      if (member.state === 'unreachable' && !down.has(member.name)) noteVerdict(agent, member.name, world.queue.now());
      down.add(member.name);
      if (truth.allows(agent, member.name, member.state)) continue;
      report('false-alarm', `${agent.host.name} calls ${member.name} ${member.state}: ${testimonyOf(member)}`);
    }
    if (mesh.isolated !== undefined && !truth.allowsIsolation(agent)) {
      report('false-isolation', `${agent.host.name} says that it is isolated`);
    }
    for (const conflict of mesh.conflicts) {
      if (truth.wasDisputed(conflict.kind === 'name' ? conflict.name : conflict.node)) continue;
      report('false-conflict', `${agent.host.name} says ${JSON.stringify(conflict)}`);
    }
    for (const { report: told } of peers) {
      const version = versionOf(told) ?? 0;
      if (version > world.version()) report('forged', `${agent.host.name} believes version ${version} of ${told.node}`);
      if (truth.isDisputed(told.node)) continue;
      const before = versions.get(told.node) ?? 0;
      if (version < before) {
        report('update-back', `${agent.host.name} has version ${version} of ${told.node} after ${before}`);
      }
      versions.set(told.node, version);
    }
  };
  const noteVerdict = (agent: VirtualAgent, name: string, atMs: number): void => {
    const own = verdicts.get(agent) ?? new Map<number, string[]>();
    verdicts.set(agent, own);
    own.set(atMs, [...(own.get(atMs) ?? []), name]);
  };

  const noteEnvelope = (agent: VirtualAgent, held: Holdings, key: string, bytes: Uint8Array): void => {
    const decoded = decodeEnvelope(bytes);
    const header = decoded.ok ? peekHeader(decoded.envelope.payload) : undefined;
    if (!decoded.ok || header === undefined) return report('defect', `${agent.host.name} keeps no envelope: ${key}`);
    const { type, payload } = decoded.envelope;
    if (type === 'future') held.unknown.add(key);
    if (type === EVENT) {
      const event = decodeEvent(payload)?.event;
      if (event !== undefined && 'message' in event) held.messages.add(event.message);
      return;
    }
    const [boot, sequence] = held.order.get(key) ?? [0, 0];
    if (header.boot < boot || (header.boot === boot && header.sequence < sequence)) {
      report(
        'order-back',
        `${agent.host.name} holds ${header.boot}.${header.sequence} of ${key} after ${boot}.${sequence}`,
      );
    }
    held.order.set(key, [header.boot, header.sequence]);
  };

  return {
    violations,
    verdicts,
    report,
    holdings,
    attach(own, its) {
      world = own;
      truth = its;
    },
    changed(agent) {
      if (world === undefined || pending.has(agent)) return;
      pending.add(agent);
      world.queue.after(0, () => {
        pending.delete(agent);
        look(agent);
      });
    },
    heard(agent, { peerId, epoch, sequence }: PeerEvent) {
      const { events } = seenBy(agent);
      const id = `${peerId}/${epoch}/${sequence}`;
      if (events.has(id)) report('event-twice', `${agent.host.name} hears ${id} again`);
      events.add(id);
    },
    saved(agent, { envelopes, members }: MeshChanges) {
      const held = holdings(agent.host.kept);
      if (world !== undefined) bounds.look(agent, world);
      for (const { key, bytes } of envelopes) noteEnvelope(agent, held, key, bytes);
      if (members !== undefined) held.holders = new Map(members.map(({ name, peerId }) => [name, peerId]));
      const peerId = agent.transport()?.peerId;
      const boot = agent.mesh.counts()?.position.boot ?? 0;
      if (peerId === undefined || boot === 0) return;
      const before = boots.get(peerId);
      const isBack = before !== undefined && (before.life === agent ? boot < before.boot : boot <= before.boot);
      if (isBack && truth?.wasDisputed(agent.node) !== true) {
        report('boot-back', `${agent.host.name} speaks under boot ${boot} after ${before.boot}`);
      }
      boots.set(peerId, { boot, life: agent });
    },
    failed: (agent, error) => report('defect', `${agent.host.name} does not start: ${String(error)}`),
  };
}
