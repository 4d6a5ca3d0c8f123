/** Few agents are left, or there were few from the start: what one or two say, and that they say nothing else. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { type AgentCluster, QUIET_CHECKS, createAgentCluster, isWhole } from './lib/agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Said, type Saying, type Watch, createWatch, sleep, worst } from './lib/watch.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`mesh-few: skipped, ${missing}\n`);

/** Design section 13; asserted at twice that, as all times here. */
const AGENT_KILLED_MS = 1500;
const HOST_SILENT_MS = 4200;
/** Witnesses are asked at the second miss and have a second to answer. */
const ISOLATED_MS = 4200;
const NO_CARRIER_MS = 3000;
const HEALTHY_MS = 10_000;
const BACK_MS = 10_000;
/** What was said once stays said for longer than the second look and the pause of an edge. */
const STAYS_MS = 8000;

describe.skipIf(missing !== undefined)('few agents', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let watch: Watch;
  const running = new Map<string, LabProcess>();

  const start = async (host: LabHost): Promise<void> => {
    running.set(host.name, await agents.start(host, QUIET_CHECKS));
  };
  /** A cluster of so many, all of them healthy. */
  const createCluster = async (count: number): Promise<void> => {
    lab = await createLab({ hosts: Array.from({ length: count }, (_, index) => `n${index + 1}`) });
    agents = createAgentCluster(lab.hosts);
    await Promise.all(lab.hosts.map(start));
    watch = createWatch(lab.hosts);
    const told = await watch.until(lab.hosts, `all ${count} are healthy`, isCalm(count));
    expect(worst(told)).toBeLessThan(watch.dueMs(HEALTHY_MS));
  };
  const but = (...names: readonly string[]): LabHost[] => lab.hosts.filter(({ name }) => !names.includes(name));
  const allBack = async (expected: readonly RegExp[]): Promise<void> => {
    watch.begin();
    expect(worst(await watch.until(lab.hosts, 'all are healthy again', isHealthy(lab.hosts.length)))).toBeLessThan(
      watch.dueMs(BACK_MS),
    );
    expect(watch.others(expected)).toEqual([]);
  };

  afterEach(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it('one agent alone is healthy', async () => {
    await createCluster(1);
    watch.begin();
    await sleep(5000);
    expect(watch.others([])).toEqual([]);
  });

  it('two: the agent of one is killed, then its host loses its power', async () => {
    await createCluster(2);
    const [one, two] = lab.hosts as [LabHost, LabHost];
    watch.begin();
    running.get('n2')?.kill('SIGKILL');
    const down = await watch.until([one], 'n2 is agent-down', ({ states }) => states['n2'] === 'agent-down');
    expect(worst(down)).toBeLessThan(watch.dueMs(AGENT_KILLED_MS));
    await sleep(5000);
    const gone = [/^n2: nothing$/, /^n1: n2 is (suspect|agent-down)$/, /^n1: AgentDown n2 info$/];
    expect(watch.others(gone)).toEqual([]);
    await start(two);
    await allBack([...gone, /^n2: status unknown$/, /^n2: n1 is suspect$/]);

    watch.begin();
    await two.powerOff();
    const lost = await watch.until(
      [one],
      'n2 is unreachable',
      (said) => said.states['n2'] === 'unreachable' && said.status.status === 'degraded',
    );
    expect(worst(lost)).toBeLessThan(watch.dueMs(HOST_SILENT_MS));
    expect(finding(lost[0], 'NodeUnreachable')).toMatchObject({
      severity: 'warning',
      node: 'n2',
      alternatives: ['powered off', 'cut off from n1'],
    });
    await sleep(5000);
    const expected = [/^n1: n2 is (suspect|unreachable)$/, /^n1: NodeUnreachable n2 warning$/, /^n1: status degraded$/];
    expect(watch.others(expected)).toEqual([]);
  });

  it('the last survivor of five: all four are lost, and their last reports are served as history', async () => {
    await createCluster(5);
    const others = but('n4').map(({ name }) => name);
    watch.begin();
    await Promise.all(but('n4').map((host) => host.powerOff()));
    const survivor = lab.host('n4');
    const [told] = await watch.until(
      [survivor],
      'n4 says that all others are lost',
      ({ status, states }) => status.status === 'critical' && others.every((name) => states[name] === 'unreachable'),
    );
    expect(told?.tookMs).toBeLessThan(watch.dueMs(HOST_SILENT_MS));
    expect(told?.status.sentence).toContain('n1, n2, n3 and n5 do not answer n4');
    expect(finding(told, 'NodesLost')).toMatchObject({
      severity: 'critical',
      nodes: others,
      observers: ['n4'],
      alternatives: ['powered off', 'cut off from n4'],
    });
    await sleep(5000);
    for (const name of others) {
      const node = await survivor.json<ApiNode>(`/api/v1/nodes/${name}`);
      expect(node, name).toMatchObject({ freshness: 'stale', member: 'unreachable' });
      expect(
        node.checks.every(({ status }) => status === 'unknown'),
        name,
      ).toBe(true);
      expect(node.checks.filter(({ lastStatus }) => lastStatus === 'ok').length, name).toBeGreaterThan(0);
    }
    expect(
      watch.others([
        /^n4: n[1235] is (suspect|unreachable)$/,
        /^n4: NodesLost n1\+n2\+n3\+n5 critical$/,
        /^n4: status (unknown|critical)$/,
      ]),
    ).toEqual([]);
  });

  it('a host cut off from everybody says so and accuses nobody; the others say that they do not reach it', async () => {
    await createCluster(5);
    const expected = [
      /^n2: status unknown$/,
      /^n2: ThisNodeIsolated n2 warning$/,
      /^n2: n\d is suspect$/,
      /^n[1345]: n2 is (suspect|unreachable)$/,
      /^n[1345]: NodeUnreachable n2 warning$/,
      /^n[1345]: status degraded$/,
      // For a while after it, as each side saw it; for n2 they come back one after the other.
      /^n2: Partition n\d(\+n\d)* info$/,
      /^n[1345]: Partition n2 info$/,
    ];
    watch.begin();
    await lab.host('n2').isolate();
    const [[self], rest] = await Promise.all([
      watch.until([lab.host('n2')], 'n2 says that it is isolated', isIsolated),
      watch.until(
        but('n2'),
        'n2 is unreachable',
        ({ states, status }) => states['n2'] === 'unreachable' && status.status === 'degraded',
      ),
    ]);
    expect(self?.tookMs).toBeLessThan(watch.dueMs(ISOLATED_MS));
    expect(finding(self, 'ThisNodeIsolated')?.sentence).toContain(`gateway ${lab.gateway}`);
    expect(worst(rest)).toBeLessThan(watch.dueMs(HOST_SILENT_MS));
    await sleep(STAYS_MS);
    expect(watch.others(expected)).toEqual([]);
    await lab.heal();
    await allBack(expected);

    watch.begin();
    await lab.host('n2').linkDown();
    const [[pulled]] = await Promise.all([
      watch.until([lab.host('n2')], 'n2 says that it has no carrier', isIsolated),
      watch.until(
        but('n2'),
        'n2 is unreachable',
        ({ states, status }) => states['n2'] === 'unreachable' && status.status === 'degraded',
      ),
    ]);
    expect(pulled?.tookMs).toBeLessThan(watch.dueMs(NO_CARRIER_MS));
    expect(finding(pulled, 'ThisNodeIsolated')?.sentence).toContain('no network carrier');
    await sleep(STAYS_MS);
    expect(watch.others(expected)).toEqual([]);
    await lab.heal();
    await allBack(expected);
  });
});

const isCalm =
  (count: number) =>
  (said: Said): boolean =>
    isHealthy(count)(said) && said.status.findings.length === 0;

const isHealthy =
  (count: number) =>
  ({ status, states }: Said): boolean =>
    isWhole(status, count) && Object.values(states).every((state) => state === 'alive');

const isIsolated = ({ status }: { readonly status: ApiStatus }): boolean =>
  status.status === 'unknown' && status.findings.some(({ reason }) => reason === 'ThisNodeIsolated');

const finding = (said: Saying | undefined, name: string): ApiFinding | undefined =>
  said?.status.findings.find(({ reason }) => reason === name);
