/**
 * Members that keep no rules against whole agents in processes of their own: each is named and cut off by everybody whom
 * it attacks, the agents' memory stays as it is, and what they say of each other does not change.
 *
 * With MEERKAT_LONG=1 the garbage is a gigabyte and the invented members are 100,000; otherwise a tenth of that.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import { encodeEvent, makeEpoch } from '../../agent/mesh/codec/event.ts';
import { clusterKeyFrom, formatClusterKeys } from '../../agent/mesh/identity/cluster-key.ts';
import { encodeRecords } from '../../agent/mesh/spread/records-frame.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { type Attacker, BOMB, createAttacker, inventMember, offer, pour } from '../lib/attacker.ts';

const IS_LONG = process.env['MEERKAT_LONG'] === '1';
const GARBAGE_BYTES = IS_LONG ? 1e9 : 1e8;
/** Addresses of this file alone: other tests run at the same time. */
const NET = `127.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
const PORT = 7576;
const HOSTS = [1, 2, 3, 4];
const NAMES = HOSTS.map((host) => `n${host}`);
/** As the shipped form is started. */
const SMALL_HEAP = '--max-semi-space-size=1 --max-old-space-size=96';
const MAX_GROWTH_BYTES = 40 * 1024 * 1024;
/** A second look at whoever sent what nobody can read comes after 5 s. */
const CUT_OFF_MS = 20_000;
const ROUND_MS = 25;

const addressOf = (host: number): string => `${NET}.${host}`;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

const root = mkdtempSync(join(tmpdir(), 'meerkat-culprits-'));
const key = clusterKeyFrom(randomBytes(32));
const clusterId = randomUUID();
const agents: AgentProcess[] = [];
const before: number[] = [];

/** Memory of the agent's own process alone. */
const rssOf = ({ pid }: AgentProcess): number => {
  const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
};
const statusOf = (agent: AgentProcess): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
/** All alive and current, whatever is said of strangers. */
const isWhole = ({ view, findings }: ApiStatus): boolean =>
  view.settled &&
  view.members === HOSTS.length &&
  view.component === HOSTS.length &&
  view.current === HOSTS.length &&
  findings.every(({ reason, severity }) => reason === 'PeerMisbehaves' || severity === 'info');

async function start(host: number): Promise<AgentProcess> {
  const directory = join(root, `n${host}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'cluster.key'), formatClusterKeys([key]), { mode: 0o600 });
  writeFileSync(join(directory, 'cluster.id'), `${clusterId}\n`);
  const seeds = HOSTS.slice(0, 2).filter((one) => one !== host);
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

interface Target {
  readonly attacker: Attacker;
  readonly agent: AgentProcess;
  readonly peerId: string;
}

/**
 * Attacks all agents at once, each until it has cut the attacker off. Returns after how long each did.
 *
 * @param act one blow; returns when it is done, or nobody listens any more
 */
async function attackAll(what: string, act: (target: Target) => Promise<unknown>): Promise<readonly number[]> {
  const attacker = await createAttacker({ key, clusterId, listen: `${addressOf(9)}:0` });
  try {
    const times = await Promise.all(
      agents.map((agent, index) =>
        attack({ attacker, agent, address: `${addressOf(HOSTS[index] ?? 0)}:${PORT}` }, act),
      ),
    );
    const [agent] = agents;
    const said = agent === undefined ? undefined : await statusOf(agent);
    const finding = said?.findings.find(({ subject }) => subject === attacker.peerId);
    print(`${what}: ${finding?.sentence}; ${finding?.evidence.join('; ')}`);
    print(`  cut off by ${NAMES.map((name, index) => `${name} after ${times[index]} ms`).join(', ')}`);
    return times;
  } finally {
    await attacker.stop();
    await expectUnharmed();
  }
}

/** Until the agent has cut the attacker off, said so, and does not let it in again. Returns how long that took. */
async function attack(
  { attacker, agent, address }: Omit<Target, 'peerId'> & { readonly address: string },
  act: (target: Target) => Promise<unknown>,
): Promise<number> {
  const peerId =
    (await eventually(
      () => attacker.meet(address),
      (id) => id !== undefined,
      20_000,
    )) ?? '';
  const began = performance.now();
  while (performance.now() - began < CUT_OFF_MS && attacker.isConnected(peerId)) {
    await act({ attacker, agent, peerId });
    await sleep(ROUND_MS);
  }
  const tookMs = Math.round(performance.now() - began);
  const isNamed = ({ findings }: ApiStatus): boolean =>
    findings.some(({ reason, subject }) => reason === 'PeerMisbehaves' && subject === attacker.peerId);
  await eventually(() => statusOf(agent), isNamed, 10_000);
  // It is refused when it has proved its key, thus is connected for a moment as far as it can tell.
  await attacker.meet(address);
  await sleep(500);
  expect(attacker.isConnected(peerId)).toBe(false);
  return tookMs;
}

async function expectUnharmed(): Promise<void> {
  const rss = agents.map(rssOf);
  print(`  RSS ${rss.map((bytes, index) => `${mebibytes(before[index] ?? 0)} → ${mebibytes(bytes)}`).join(', ')} MiB`);
  for (const [index, agent] of agents.entries()) {
    await eventually(() => statusOf(agent), isWhole, 20_000);
    expect((rss[index] ?? 0) - (before[index] ?? 0)).toBeLessThan(MAX_GROWTH_BYTES);
  }
  const members = await Promise.all(agents.map((agent) => agent.json<ApiMembers>('/api/v1/members')));
  for (const { members: list } of members)
    expect(list.map(({ node, state }) => [node, state])).toEqual(NAMES.map((name) => [name, 'alive']));
}

describe('a member that keeps no rules', () => {
  beforeAll(async () => {
    agents.push(...(await Promise.all(HOSTS.map(start))));
    for (const agent of agents) await eventually(() => statusOf(agent), isWhole, 40_000);
    await sleep(3000);
    before.push(...agents.map(rssOf));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.cleanUp()));
    rmSync(root, { recursive: true, force: true });
  });

  it(`pours ${GARBAGE_BYTES / 1e6} MB of garbage into streams`, async () => {
    let poured = 0;
    const times = await attackAll('garbage', async ({ attacker, peerId }) => {
      poured += await pour(attacker, peerId, GARBAGE_BYTES / HOSTS.length);
    });
    print(`  ${Math.round(poured / 1e6)} MB were taken from it`);
    expect(Math.max(...times)).toBeLessThan(CUT_OFF_MS);
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
