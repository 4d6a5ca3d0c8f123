/** Agents that know each other by a DNS name, over two address families. */
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiMatrix } from '../../agent/http/contract.ts';
import { type AgentCluster, QUIET_CHECKS, createAgentCluster, isWhole } from './lib/agents.ts';
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

describe.skipIf(missing !== undefined)('addresses of agents', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let watch: Watch;

  const build = async (names: readonly string[]): Promise<void> => {
    lab = await createLab({ hosts: names });
    agents = createAgentCluster(lab.hosts);
    watch = createWatch(lab.hosts);
  };
  const start = (host: LabHost, seed: string, args: readonly string[] = []): Promise<LabProcess> => {
    agents.admit(host);
    return startAgent(host, { args: ['--mesh.seeds', seed, ...args, ...QUIET_CHECKS] });
  };
  const untilWhole = async (what: string, withinMs = 60_000): Promise<number> =>
    worst(await watch.until(lab.hosts, what, whole(lab.hosts.length), withinMs));

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
    expect(worst(lost)).toBeLessThan(4 * HOST_SILENT_MS);
    expect(await edgeStates(four, six.name)).toEqual([]);
  });
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
