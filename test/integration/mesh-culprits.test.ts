/**
 * Members that keep no rules against whole agents in processes of their own: each is named and cut off by everybody whom
 * it attacks, the agents' memory stays as it is, and what they say of each other does not change.
 *
 * With MEERKAT_LONG=1 the garbage is a gigabyte and the invented members are 100,000; otherwise a tenth of that or less.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import { encodeEvent, makeEpoch } from '../../agent/mesh/codec/event.ts';
import { MAX_GENERATION, encodeBinding } from '../../agent/mesh/codec/binding.ts';
import { MAX_BOOT } from '../../agent/mesh/codec/header.ts';
import { IDENTITY_FILE } from '../../agent/mesh/identity/identity-file.ts';
import { authorOf, prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import { clusterKeyFrom, formatClusterKeys } from '../../agent/mesh/identity/cluster-key.ts';
import { encodeRecords } from '../../agent/mesh/spread/records-frame.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { watchWaiting } from '../lib/waiting.ts';
import {
  type Attacker,
  BOMB,
  type Offered,
  createAttacker,
  inventMember,
  inventRecord,
  offer,
  pour,
} from '../lib/attacker.ts';

const IS_LONG = process.env['MEERKAT_LONG'] === '1';
const INVENTED = IS_LONG ? 100_000 : 8000;
const GARBAGE_BYTES = IS_LONG ? 1e9 : 1e8;
/** Addresses of this file alone: other tests run at the same time. */
const NET = `127.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
const PORT = 7576;
/** More join in the middle of it. */
const hosts = [1, 2, 3, 4];
const names = (): string[] => hosts.map((host) => `n${host}`);
/** As the shipped form is started. */
const SMALL_HEAP = '--max-semi-space-size=1 --max-old-space-size=96';
/**
 * What the agent holds: V8's heap and the buffers outside of it, by its own word. After a garbage collection an agent holds
 * 0.1 MiB more for 25 MB that were poured at it, and 1 MiB for two minutes after a flood of events; the rest of the
 * bound is what V8 has not collected yet.
 */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
/**
 * The process besides: the allocator of C keeps what it was once stretched to, 17 to 38 MiB by floods of garbage, of which
 * the later ones use the same again. It says little of what is held, and ends what has no bound.
 */
const MAX_RSS_BYTES = 80 * 1024 * 1024;
const COLLECTED_MS = 30_000;
/** These are no promises: five agents on a machine that is kept busy may take so long. */
const JOINED_MS = 60_000;
const WHOLE_MS = 40_000;
/** A second look at whoever sent what nobody can read comes after 5 s. */
const CUT_OFF_MS = 30_000;
const ROUND_MS = 25;
/** Half of what one exchange may offer. */
const CROWD = 2000;

/** As JSON. The last is one more than there can be. */
const ABSURD_BOOTS = ['9007199254740991', '0', '-1', '1.5', '1e400', 'NaN', 'null', '"1"', '[1]', `${MAX_BOOT + 1}`];

const addressOf = (host: number): string => `${NET}.${host}`;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

const root = mkdtempSync(join(tmpdir(), 'meerkat-culprits-'));
const key = clusterKeyFrom(randomBytes(32));
const clusterId = randomUUID();
const agents: AgentProcess[] = [];
const before: Memory[] = [];

interface Memory {
  /** Of the agent's own process alone. */
  readonly rss: number;
  readonly held: number;
}

const rssOf = ({ pid }: AgentProcess): number => {
  const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
};
async function memoryOf(agent: AgentProcess): Promise<Memory> {
  const { body } = await agent.text('/metrics');
  const valueOf = (name: string): number =>
    Number(new RegExp(`^meerkat_nodejs_${name}_bytes (\\S+)`, 'm').exec(body)?.[1]);
  return { rss: rssOf(agent), held: valueOf('heap_used') + valueOf('external_memory') };
}
/** Since before the first attack. Who joined a moment ago has no past. */
async function grownBy(agent: AgentProcess): Promise<Memory> {
  const now = await memoryOf(agent);
  const then = before[agents.indexOf(agent)] ?? now;
  return { rss: now.rss - then.rss, held: now.held - then.held };
}
const statusOf = (agent: AgentProcess): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
/** All alive and current, whatever is said of strangers, and of an agent's own checks where the machine stands still. */
const isWhole = ({ view, findings }: ApiStatus): boolean =>
  view.settled &&
  view.members === hosts.length &&
  view.component === hosts.length &&
  view.current === hosts.length &&
  findings.every(({ reason, severity }) => ['PeerMisbehaves', 'AgentImpaired'].includes(reason) || severity === 'info');

async function start(host: number): Promise<AgentProcess> {
  const directory = join(root, `n${host}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'cluster.key'), formatClusterKeys([key]), { mode: 0o600 });
  writeFileSync(join(directory, 'cluster.id'), `${clusterId}\n`);
  const seeds = hosts.slice(0, 2).filter((one) => one !== host);
  const quiet = ['etcd', 'kubelet', 'container-runtime', 'container-start', 'disk-latency', 'disk-space'];
  return startAgentProcess({
    dataDirectory: directory,
    args: [
      '--node.name',
      `n${host}`,
      '--mesh.addresses',
      addressOf(host),
      '--mesh.seeds',
      seeds.map(addressOf).join(),
      ...quiet.flatMap((check) => [`--checks.${check}.enabled`, 'false']),
    ],
    env: { MEERKAT_MESH_ENABLED: 'true', NODE_OPTIONS: SMALL_HEAP },
  });
}

/** One more; all know it when it is there. */
async function letJoin(): Promise<void> {
  const host = hosts.length + 1;
  hosts.push(host);
  const began = performance.now();
  const agent = await start(host);
  agents.push(agent);
  for (const one of agents) await eventually(() => statusOf(one), isWhole, JOINED_MS);
  before.push(await memoryOf(agent));
  print(`  n${host} joined and is known to all after ${Math.round(performance.now() - began)} ms`);
}

/** Its key, and the boot that it has claimed. */
const identityOf = ({ dataDirectory }: AgentProcess): unknown =>
  JSON.parse(readFileSync(join(dataDirectory, IDENTITY_FILE), 'utf8'));

interface Target {
  readonly attacker: Attacker;
  readonly agent: AgentProcess;
  readonly peerId: string;
}

/**
 * Attacks all agents at once, each until it has cut the attacker off.
 *
 * @param act one blow; returns when it is done, or nobody listens any more
 */
async function attackAll(what: string, act: (target: Target) => Promise<unknown>): Promise<void> {
  const attacker = await createAttacker({ key, clusterId, listen: `${addressOf(9)}:0` });
  try {
    const times = await Promise.all(
      agents.map((agent, index) =>
        attack({ attacker, agent, address: `${addressOf(hosts[index] ?? 0)}:${PORT}` }, act),
      ),
    );
    const [agent] = agents;
    const said = agent === undefined ? undefined : await statusOf(agent);
    const finding = said?.findings.find(({ subject }) => subject === attacker.peerId);
    print(`${what}: ${finding?.sentence}; ${finding?.evidence.join('; ')}`);
    print(`  cut off by ${times.map((ms, index) => `n${hosts[index]} after ${ms} ms`).join(', ')}`);
  } finally {
    await attacker.stop();
    await expectUnharmed();
  }
}

/**
 * Until the agent has cut the attacker off, said so, and does not let it in again. Returns how long that took.
 *
 * On a busy machine a connection may end for other reasons: who is not served for seconds is given up by the attacker's
 * own transport. It comes back with the same key then, and what it did before still counts.
 */
async function attack(
  { attacker, agent, address }: Omit<Target, 'peerId'> & { readonly address: string },
  act: (target: Target) => Promise<unknown>,
): Promise<number> {
  const peerId = await untilMet(attacker, address);
  const isNamed = ({ findings }: ApiStatus): boolean =>
    findings.some(({ reason, subject }) => reason === 'PeerMisbehaves' && subject === attacker.peerId);
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began);
  const waitedMs = watchWaiting(() => agents.map(({ pid }) => pid));
  const dueMs = (): number => CUT_OFF_MS + waitedMs();
  let tookMs: number | undefined;
  for (;;) {
    while (elapsed() < dueMs() && attacker.isConnected(peerId)) {
      await act({ attacker, agent, peerId });
      await sleep(ROUND_MS);
    }
    tookMs = elapsed();
    // It is told within a second, unless the agent does not get to it.
    const told = await eventually(() => statusOf(agent), isNamed, tookMs < dueMs() ? 3000 : 10_000).catch(
      (error: unknown) => {
        if (tookMs === undefined || tookMs >= dueMs()) throw error;
      },
    );
    if (told !== undefined) break;
    print(`  ${address} lost the attacker after ${tookMs} ms without a word of it`);
    await attacker.meet(address);
  }
  // It is refused when it has proved its key, thus is connected for a moment as far as it can tell.
  await attacker.meet(address);
  await sleep(500);
  expect(attacker.isConnected(peerId)).toBe(false);
  expect(tookMs).toBeLessThan(dueMs());
  return tookMs;
}

async function untilMet(attacker: Attacker, address: string): Promise<string> {
  const isMet = (id: string | undefined): boolean => id !== undefined;
  return (await eventually(() => attacker.meet(address), isMet, 20_000)) ?? '';
}

async function expectUnharmed(): Promise<void> {
  const now = await Promise.all(agents.map(grownBy));
  print(`  more MiB, held and RSS: ${now.map(({ held, rss }) => `${mebibytes(held)}, ${mebibytes(rss)}`).join('; ')}`);
  for (const agent of agents) await eventually(() => statusOf(agent), isWhole, WHOLE_MS);
  // What was collected meanwhile is held by nobody.
  const isBounded = ({ held, rss }: Memory): boolean => held < MAX_HELD_BYTES && rss < MAX_RSS_BYTES;
  for (const agent of agents) await eventually(() => grownBy(agent), isBounded, COLLECTED_MS);
  const members = await Promise.all(agents.map((agent) => agent.json<ApiMembers>('/api/v1/members')));
  for (const { members: list } of members)
    expect(list.map(({ node, state }) => [node, state])).toEqual(names().map((name) => [name, 'alive']));
}

describe('a member that keeps no rules', { timeout: IS_LONG ? 600_000 : 240_000 }, () => {
  beforeAll(async () => {
    agents.push(...(await Promise.all(hosts.map(start))));
    for (const agent of agents) await eventually(() => statusOf(agent), isWhole, 40_000);
    await sleep(3000);
    before.push(...(await Promise.all(agents.map(memoryOf))));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.cleanUp()));
    rmSync(root, { recursive: true, force: true });
  });

  it(`pours ${GARBAGE_BYTES / 1e6} MB of garbage into streams`, async () => {
    let poured = 0;
    const isEnough = (): boolean => !IS_LONG || poured >= GARBAGE_BYTES;
    // Each is cut off after some tens, and comes back with another key.
    for (let keys = 1; keys === 1 || !isEnough(); keys += 1) {
      await attackAll('garbage', async ({ attacker, peerId }) => {
        poured += await pour(attacker, peerId, GARBAGE_BYTES / hosts.length);
      });
      print(`  ${Math.round(poured / 1e6)} MB were taken from ${keys} keys`);
    }
  });

  it('pours garbage into the stream of broadcasts', async () => {
    const noise = new Uint8Array(randomBytes(4096));
    // A varint of two bytes that says 4096 comes before each.
    const frame = Uint8Array.from([0x80, 0x20, ...noise]);
    await attackAll('broken broadcasts', async ({ attacker, peerId }) => {
      const stream = await attacker.openRaw(peerId, '/meshsub/1.1.0');
      if (stream === undefined) return;
      for (let count = 0; count < 8 && stream.status === 'open'; count += 1) stream.send(frame);
      await sleep(100);
      stream.abort(new Error('enough'));
    });
  });

  it('brings badly signed records by sync', async () => {
    await attackAll('forged records', async ({ attacker, peerId }) => {
      const stream = await attacker.open(peerId);
      if (stream === undefined) return;
      const forged = Array.from({ length: 12 }, (_, index) => inventMember(attacker, `forged-${index}`)).map(
        ({ id, bytes }) => ({ id, bytes: bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) }),
      );
      await offer(stream, forged).catch(() => undefined);
      stream.abort();
    });
  });

  it('broadcasts badly signed records', async () => {
    await attackAll('forged broadcasts', async ({ attacker }) => {
      for (let count = 0; count < 10; count += 1) {
        const { bytes } = inventMember(attacker, `forged-${count}`);
        await attacker.broadcast(bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)));
      }
    });
  });

  it('sends bombs, and records for which nobody asked', async () => {
    await attackAll('bombs', async ({ attacker, peerId }) => {
      const stream = await attacker.open(peerId);
      if (stream === undefined) return;
      await offer(stream, [inventMember(attacker, 'bomb')], () => [BOMB]).catch(() => undefined);
      stream.abort();
    });
    await attackAll('unasked records', async ({ attacker, peerId }) => {
      const stream = await attacker.open(peerId);
      if (stream === undefined) return;
      const { bytes } = inventMember(attacker, 'unasked');
      const frame = encodeRecords({ last: true, cut: false, records: [{ ageMs: 0, bytes }] });
      await offer(stream, [], () => [frame]).catch(() => undefined);
      stream.abort();
    });
  });

  it(`brings ${INVENTED} members that do not exist, while an agent joins and before another one does`, async () => {
    await Promise.all([bringInvented(), sleep(500).then(letJoin)]);
    await letJoin();
    await expectUnharmed();
  });

  async function bringInvented(): Promise<void> {
    // Each is cut off after some thousands, and comes back with another key.
    let brought = 0;
    while (brought < INVENTED) {
      const offered = new Map<string, number>();
      const ghosts: Offered[] = [];
      await attackAll('invented members', async ({ attacker, peerId }) => {
        const from = offered.get(peerId) ?? 0;
        // An agent does not wait while they are made.
        while (ghosts.length < from + CROWD) ghosts.push(inventMember(attacker, `ghost-${brought + ghosts.length}`));
        const stream = await attacker.open(peerId);
        if (stream === undefined) return;
        offered.set(peerId, from + CROWD);
        const crowd = ghosts.slice(from, from + CROWD);
        await offer(stream, crowd).catch(() => undefined);
        stream.abort();
      });
      print(`  offered before that: ${[...offered.values()].join(', ')}`);
      brought += Math.max(...offered.values());
    }
  }

  it('counts boots that no agent has, claims the others’ names under them, and says so of the others’ own keys', async () => {
    const identities = agents.map(identityOf);
    await attackAll('absurd boots', async ({ attacker, agent, peerId }) => {
      const own = (type: string, payload: Uint8Array): Offered => ({
        id: { author: prefixOf(attacker.keys.author), type, run: 1, sequence: 1 },
        bytes: attacker.sign(type, payload),
      });
      const victim = `n${hosts[agents.indexOf(agent)]}`;
      // Valid: the last boot there is, of a key of its own.
      const claim = encodeBinding({ boot: MAX_BOOT, sequence: 1, node: victim }, { generation: 7 });
      await attacker.broadcast(attacker.sign('binding', claim));
      const stream = await attacker.open(peerId);
      if (stream === undefined) return;
      const invented = ABSURD_BOOTS.map((boot, index) =>
        inventRecord(attacker, `[${boot},1,1,"${victim}",${index + 1}]`),
      );
      await offer(stream, [own('binding', claim), ...invented], undefined, MAX_BOOT).catch(() => undefined);
      stream.abort();
    });
    expect(agents.map(identityOf)).toEqual(identities);
  });

  it('claims the others’ names, as if it defended them: they keep them, and all tell of it', async () => {
    const thief = await createAttacker({ key, clusterId, listen: `${addressOf(9)}:0` });
    const isTold = ({ findings }: ApiStatus): boolean =>
      findings.some(({ reason, sentence }) => reason === 'NameConflict' && sentence.includes(thief.peerId));
    let sequence = 0;
    /** Whoever knows nobody by its name closes its connection sooner or later, and is met again. */
    const claimAt = async (agent: AgentProcess): Promise<ApiStatus> => {
      const host = hosts[agents.indexOf(agent)] ?? 0;
      const peerId = await untilMet(thief, `${addressOf(host)}:${PORT}`);
      const refuted = authorOf(peerId);
      sequence += 1;
      const header = { boot: 1, sequence, node: `n${host}` };
      const generation = MAX_GENERATION - (sequence % 2);
      const claim = encodeBinding(header, { generation, ...(refuted !== undefined && { refuted }) });
      await thief.broadcast(thief.sign('binding', claim));
      await sleep(500);
      return statusOf(agent);
    };
    try {
      for (const agent of agents) await eventually(() => claimAt(agent), isTold, 20_000);
      await sleep(IS_LONG ? 90_000 : 2000);
      const isKept = ({ view: { settled, ...view } }: ApiStatus): boolean =>
        settled && [view.members, view.component, view.current].every((count) => count === hosts.length);
      for (const agent of agents) await eventually(() => statusOf(agent), isKept, WHOLE_MS);
    } finally {
      await thief.stop();
    }
    await expectUnharmed();
  });

  it('opens streams and never reads', async () => {
    await attackAll('streams', async ({ attacker, peerId }) => {
      await Promise.all(Array.from({ length: 32 }, () => attacker.openRaw(peerId, '/meerkat/sync/1')));
    });
  });

  it('floods everybody with events of its own', async () => {
    const epoch = makeEpoch((count) => new Uint8Array(randomBytes(count)));
    let place = 0;
    await attackAll('events', async ({ attacker }) => {
      for (let count = 0; count < 100; count += 1) {
        place += 1;
        const event = { kind: 'agent-notice', at: Date.now(), node: 'flood', message: `${place}` } as const;
        const payload = encodeEvent({ boot: 1, sequence: 0, contentSequence: 0, epoch, place }, event);
        await attacker.broadcast(attacker.sign('event', payload));
      }
    });
  });
});
