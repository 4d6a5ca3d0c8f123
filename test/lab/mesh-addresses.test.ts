/** Agents that know each other by a DNS name, over two address families, and while their addresses change. */
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiMatrix } from '../../agent/http/contract/links.ts';
import { type AgentCluster, MESH_PORT, QUIET_CHECKS, createAgentCluster, isWhole } from './lib/agents.ts';
import { startAgent } from './lib/cluster.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Said, type Watch, createWatch, sleep, worst } from './lib/watch.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`mesh-addresses: skipped, ${missing}\n`);

const DNS = resolve(import.meta.dirname, 'lib/scripts/dns-responder.ts');
const SEED = 'meerkat.seeds.test';
/** Design section 13; asserted at twice that. */
const HOST_SILENT_MS = 4200;
/** A node that got another address is found again by all. */
const FOLLOWED_MS = 15_000;
const DOCKER0 = '172.17.0.1';
/** Once a member was away for some seconds that is told for a quarter of an hour. */
const HISTORY = /: Partition \S+ info$/;
/** What is said of a cluster while a member is away for a moment. */
const AWAY: readonly RegExp[] = [/: status (degraded|unknown)$/];

describe.skipIf(missing !== undefined)('addresses of agents', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let watch: Watch;

  const build = async (names: readonly string[], ipv6 = true): Promise<void> => {
    lab = await createLab({ hosts: names, ipv6 });
    agents = createAgentCluster(lab.hosts);
    watch = createWatch(lab.hosts);
  };
  const start = (host: LabHost, seed: string, args: readonly string[] = []): Promise<LabProcess> => {
    agents.admit(host);
    return startAgent(host, { args: ['--mesh.seeds', seed, ...args, ...QUIET_CHECKS] });
  };
  const untilWhole = async (what: string, withinMs = 60_000): Promise<number> =>
    worst(await watch.until(lab.hosts, what, whole(lab.hosts.length), withinMs));
  const ip = (host: LabHost, command: string): Promise<string> => host.exec('ip', command.split(' '));

  afterEach(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it('one DNS name is seed enough, and a member without a family in common is judged by the others', async () => {
    await build(['v4', 'v6', 'both1', 'both2']);
    const [four, six, one, two] = ['v4', 'v6', 'both1', 'both2'].map((name) => lab.host(name));
    if (four === undefined || six === undefined || one === undefined || two === undefined)
      throw new Error('four hosts');
    const conf = `nameserver ${lab.gateway}\nnameserver ${one.address}\noptions timeout:1\n`;
    for (const host of lab.hosts) await host.exec('sh', ['-c', 'cat >/etc/resolv.conf'], { input: conf });
    const families: [LabHost, string][] = [
      [four, four.address],
      [six, six.address6],
      [one, `${one.address},${one.address6}`],
      [two, `${two.address},${two.address6}`],
    ];
    const startIt = ([host, addresses]: [LabHost, string]): Promise<LabProcess> =>
      start(host, SEED, ['--mesh.addresses', addresses]);
    const running = await Promise.all(families.map(startIt));

    const isLost = ({ status: { status, findings } }: Said): boolean =>
      status === 'unknown' &&
      findings.some(({ reason, sentence }) => reason === 'SeedsUnmet' && /no DNS/.test(sentence));
    await watch.until(lab.hosts, 'nobody is met while DNS is silent', isLost);
    watch.begin();
    const zone = JSON.stringify({ [SEED]: [one.address, one.address6] });
    const dns = await one.start(process.execPath, [DNS, '0.0.0.0', zone], { readyWhen: /answering/ });
    await untilWhole('all have met by one name');
    watch.begin();
    await dns.stop();
    await sleep(3000);
    expect(watch.others([])).toEqual([]);
    for (const [from, to] of [
      [four, six],
      [six, four],
    ] as const)
      expect(await edgeStates(from, to.name), `${from.name} to ${to.name}`).toEqual([]);

    // The seed and DNS are gone: the address book is enough.
    await running[2]?.stop();
    await running[0]?.stop();
    watch.begin();
    running[0] = await startIt([four, four.address]);
    const knowsTwo = ({ states }: Said): boolean => states['both2'] === 'alive' && states['v6'] === 'alive';
    await watch.until([four], 'started again without its seed', knowsTwo);

    watch.begin();
    await six.powerOff();
    const lost = await watch.until(
      [four, two],
      'the other family is lost',
      ({ states }) => states['v6'] === 'unreachable',
    );
    expect(worst(lost)).toBeLessThan(watch.dueMs(2 * HOST_SILENT_MS));
    expect(await edgeStates(four, six.name)).toEqual([]);
  });

  it('addresses that change, are swapped, move, or are the same everywhere', async () => {
    await build(['move1', 'move2', 'move3', 'vip1', 'vip2'], false);
    const [a, b, c, d, e] = lab.hosts;
    if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined)
      throw new Error('5');
    const network = lab.gateway.replace(/\.1$/, '');
    const become = (last: number, before?: number): string =>
      [
        ...(before === undefined ? [] : [`ip addr del ${network}.${before}/24 dev eth0`]),
        `ip addr add ${network}.${last}/24 dev eth0`,
        `ip route replace default via ${lab.gateway} src ${network}.${last}`,
      ].join(' && ');
    const settle = (host: LabHost, last: number, before?: number): Promise<string> =>
      host.exec('sh', ['-c', become(last, before)]);
    const virtual = `${network}.200`;
    for (const host of lab.hosts) {
      await ip(host, 'link add docker0 type veth peer name inside');
      await ip(host, 'link set inside up');
      await ip(host, `addr add ${DOCKER0}/16 dev docker0`);
      await ip(host, 'link set docker0 up');
    }
    await Promise.all([settle(a, 111), settle(b, 112), settle(c, 113), ip(d, `addr add ${virtual}/24 dev eth0`)]);
    const seeds = `${network}.111,${network}.112`;
    const shared = (host: LabHost): string[] => ['--mesh.addresses', `${DOCKER0},${virtual},${host.address}`];
    const running = [a, b, c].map((host) => start(host, seeds));
    await Promise.all([...running, start(d, seeds, shared(d)), start(e, seeds, shared(e))]);
    await untilWhole('all have met');
    await sleep(2000);

    watch.begin();
    await settle(c, 123, 113);
    await untilSought(`${network}.123:${MESH_PORT}`, [a, b, d, e]);
    const moved = await untilWhole('a node with another address is found again', 4 * FOLLOWED_MS);
    expect(moved).toBeLessThan(watch.dueMs(FOLLOWED_MS));
    // It was away for some seconds, and may have been called so.
    expect(watch.others([...AWAY, /: move3 is /, / move3 /, /^move3: /])).toEqual([]);

    watch.begin();
    await Promise.all([settle(a, 112, 111), settle(b, 111, 112)]);
    await untilSought(`${network}.111:${MESH_PORT}`, [a, c, d, e]);
    await untilSought(`${network}.112:${MESH_PORT}`, [b, c, d, e]);
    await sleep(1000);
    const swapped = await untilWhole('two nodes that swapped their addresses', 4 * FOLLOWED_MS);
    expect(swapped).toBeLessThan(watch.dueMs(FOLLOWED_MS));
    expect(watch.others([...AWAY, /: move[12] is /, / move[12]\b/, /^move[12]: /])).toEqual([]);

    watch.begin();
    await ip(d, `addr del ${virtual}/24 dev eth0`);
    await ip(e, `addr add ${virtual}/24 dev eth0`);
    await sleep(8000);
    expect(watch.others([HISTORY])).toEqual([]);

    watch.begin();
    await d.powerOff();
    const others = [a, b, c, e];
    const lost = await watch.until(others, 'a dead host is lost', ({ states }) => states['vip1'] === 'unreachable');
    expect(worst(lost)).toBeLessThan(watch.dueMs(2 * HOST_SILENT_MS));
    await sleep(2000);
    const expected = [/: vip1 is (suspect|unreachable)$/, /: NodeUnreachable vip1 /, /: status degraded$/, /^vip1: /];
    expect(watch.others([...expected, HISTORY])).toEqual([]);
  });

  /** All of them probe somebody at that address. */
  const untilSought = async (address: string, by: readonly LabHost[]): Promise<void> => {
    for (const host of by)
      await expect
        .poll(async () => (await host.exec('ss', ['-Hun'])).split(/\s+/).includes(address), {
          timeout: 2 * FOLLOWED_MS,
        })
        .toBe(true);
  };
});

const whole =
  (count: number) =>
  ({ status }: Said): boolean =>
    isWhole(status, count);

/** What the agent itself states of the other node. */
async function edgeStates(from: LabHost, to: string): Promise<readonly unknown[]> {
  const { links } = await from.json<ApiMatrix>('/api/v1/matrix');
  return links.filter((link) => link.from === from.name && link.to === to).map(({ state }) => state);
}
