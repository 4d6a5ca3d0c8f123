/** All parts of the mesh on real sockets: five agents in one process. */
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MemberState } from '../../agent/model/member.ts';
import { type TestCluster, type TestNode, createTestCluster, makeKey } from './mesh-compose-support/cluster.ts';

const HOSTS = [1, 2, 3, 4, 5];

const stateOf = (viewer: TestNode, name: string): MemberState | undefined =>
  viewer.mesh.state().mesh.members.find((member) => member.name === name)?.state;
const alive = ({ mesh }: TestNode): string[] =>
  mesh
    .state()
    .mesh.members.filter(({ state, judged }) => state === 'alive' && judged)
    .map(({ name }) => name);
const current = ({ mesh }: TestNode): string[] =>
  mesh
    .state()
    .peers.filter(({ freshness }) => freshness === 'current')
    .map(({ report }) => report.node);

const fail = (): never => {
  throw new Error('there is no such node');
};
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

/** Milliseconds until all hold what is expected of them. */
async function until(what: string, boundMs: number, holds: () => boolean): Promise<number> {
  const startedAt = performance.now();
  while (!holds()) {
    if (performance.now() - startedAt > boundMs) throw new Error(`not within ${boundMs} ms: ${what}`);
    await pause(20);
  }
  return performance.now() - startedAt;
}

/** Sockets and timers that this process holds. */
const handles = (): Record<string, number> => {
  const kinds = process.getActiveResourcesInfo().filter((kind) => /TCP|UDP|Timeout/.test(kind));
  return Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((one) => one === kind).length]),
  );
};

const UDP_BYTES = 80 + 28;
/** All that the meshes have sent until now: payload over TCP, datagrams over UDP with their headers. */
function sentBytes(nodes: readonly TestNode[]): number {
  const sockets = (process as unknown as { _getActiveHandles(): unknown[] })
    ._getActiveHandles()
    .filter((handle) => handle instanceof Socket);
  const datagrams = nodes
    .map(({ mesh }) => mesh.counts()?.probes)
    .map((probes) => (probes?.pingsSent ?? 0) + (probes?.acksSent ?? 0));
  return [...sockets.map(({ bytesWritten }) => bytesWritten), ...datagrams.map((count) => count * UDP_BYTES)].reduce(
    (a, b) => a + b,
    0,
  );
}

describe('five agents', () => {
  let cluster: TestCluster;
  let nodes: TestNode[] = [];
  let before: Record<string, number> = {};
  const others = (): TestNode[] => nodes.filter(({ name }) => name !== 'node-4');
  beforeAll(async () => {
    before = handles();
    cluster = await createTestCluster();
  });
  afterAll(() => cluster.stop());

  it('find each other, and know each other’s reports within 10 s', async () => {
    const startedAt = performance.now();
    nodes = await Promise.all(HOSTS.map((host) => cluster.start(host)));
    const startedMs = performance.now() - startedAt;
    const settled = until('all are settled', 10_000, () => nodes.every(({ mesh }) => mesh.state().mesh.settled));

    const tookMs = await until('all alive and current', 10_000, () =>
      nodes.every((node) => alive(node).length === 5 && current(node).length === 4),
    );

    print(`five agents agree after ${tookMs.toFixed(0)} ms, and are settled after ${(await settled).toFixed(0)} ms`);
    print(`their sockets were open after ${startedMs.toFixed(0)} ms`);
  });

  it('tell each other their events at once', async () => {
    const heard = new Set<string>();
    const stops = others().map(({ name, mesh }) =>
      mesh.onEvents(({ event }) => event.kind === 'agent-notice' && heard.add(`${name}: ${event.message}`)),
    );

    const notice = { kind: 'agent-notice', node: 'node-4', at: Date.now(), message: 'a word' } as const;
    nodes[3]?.mesh.publishEvents([notice]);
    const tookMs = await until('four have heard it', 2000, () => heard.size === 4);

    for (const stop of stops) stop();
    print(`an event reached four agents after ${tookMs.toFixed(0)} ms`);
  });

  it('cost little while nothing happens', async () => {
    await pause(5000);
    const [cpu, bytes, startedAt] = [process.cpuUsage(), sentBytes(nodes), performance.now()];
    await pause(15_000);
    const used = process.cpuUsage(cpu);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuShare = (used.user + used.system) / 1e6 / seconds / nodes.length;
    const rate = (sentBytes(nodes) - bytes) / seconds / nodes.length;
    print(`idle, each of five: ${(cpuShare * 100).toFixed(2)} % of a core, ${rate.toFixed(0)} B/s sent`);

    expect(rate).toBeLessThan(8000);
    expect(nodes.map((node) => alive(node).length)).toEqual([5, 5, 5, 5, 5]);
  });

  it('say that an agent is down that ended without a word', async () => {
    await nodes[3]?.kill();
    const tookMs = await until('node-4 is agent-down everywhere', 5000, () =>
      others().every((node) => stateOf(node, 'node-4') === 'agent-down'),
    );

    print(`agent-down everywhere after ${tookMs.toFixed(0)} ms`);
    expect(others().map((node) => alive(node).length)).toEqual([4, 4, 4, 4]);
    await until('its report is history', 2000, () =>
      others().every(
        ({ mesh }) => mesh.state().peers.find(({ report }) => report.node === 'node-4')?.freshness === 'stale',
      ),
    );
  });

  it('take it back with the next boot', async () => {
    const bootBefore = nodes[3]?.mesh.counts()?.position.boot ?? 0;
    const again = await cluster.start(4);
    nodes = [...nodes.slice(0, 3), again, ...nodes.slice(4)];
    const tookMs = await until('node-4 is alive everywhere', 10_000, () =>
      nodes.every((node) => alive(node).length === 5 && current(node).length === 4),
    );

    print(`alive everywhere after ${tookMs.toFixed(0)} ms`);
    // It answers probes before it has spoken.
    await until('node-4 has spoken', 10_000, () => (again.mesh.counts()?.position.boot ?? 0) > 0);
    expect(again.mesh.counts()?.position.boot).toBe(bootBefore + 1);
    expect(nodes.flatMap(({ mesh }) => mesh.state().mesh.conflicts)).toEqual([]);
  });

  it('keep out who has not the key', async () => {
    const stranger = await cluster.start(6, { key: makeKey() });
    await until('it was refused', 5000, () =>
      nodes.some(({ mesh }) => (mesh.counts()?.transport.refused.stranger ?? 0) > 0),
    );
    await pause(1000);

    expect(nodes.map(({ mesh }) => mesh.state().mesh.members.length)).toEqual([5, 5, 5, 5, 5]);
    expect(stranger.mesh.state().mesh.members.map(({ name }) => name)).toEqual(['node-6']);
    await stranger.mesh.stop('shutdown');
  });

  it('give its name to the new key of a node that lost its old one', async () => {
    await nodes[4]?.kill();
    await until('node-5 is agent-down', 5000, () => stateOf(nodes[0] ?? fail(), 'node-5') === 'agent-down');
    const again = await cluster.start(5, { lostDisk: true });
    nodes = [...nodes.slice(0, 4), again];
    const tookMs = await until('all are alive and current', 20_000, () =>
      nodes.every((node) => alive(node).length === 5 && current(node).length === 4),
    );

    print(`a new key has the name everywhere after ${tookMs.toFixed(0)} ms`);
    expect(nodes.flatMap(({ mesh }) => mesh.state().mesh.conflicts)).toEqual([]);
  });

  it('say goodbye, and leave nothing behind', async () => {
    await nodes[4]?.mesh.stop('restart');
    await until('node-5 is leaving everywhere', 2000, () =>
      nodes.slice(0, 4).every((node) => stateOf(node, 'node-5') === 'leaving'),
    );
    await Promise.all(nodes.map(({ mesh }) => mesh.stop('shutdown')));

    const openMs = await until('no socket is left', 1000, () => !/TCP|UDP/.test(Object.keys(handles()).join()));
    // libp2p bounds its own closing by timers that outlast it a little.
    const tookMs = await until('no timer is left', 5000, () => (handles()['Timeout'] ?? 0) <= (before['Timeout'] ?? 0));
    print(`stopped: no socket after ${openMs.toFixed(0)} ms, no timer after ${tookMs.toFixed(0)} ms more`);
  });
});
