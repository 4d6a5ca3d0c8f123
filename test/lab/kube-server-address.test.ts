/** A real API server as other nodes see it: started anew, behind a firewall, and dead when nobody beside it can tell. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { boundMs } from '../../agent/runner/schedule.ts';
import { apiserverAddress } from '../../checks/apiserver-address.ts';
import { eventually } from '../lib/agent-process.ts';
import { quietBut, statusOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { noteTold } from './lib/told.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-server-address: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2'];
const MINUTE = 60_000;
const PORT = 6443;
/** Then it travels. Asserted at twice that. */
const TOLD_MS = boundMs(apiserverAddress) + 1000;
/** Until those that reach it are known to have looked since: an interval, and a while for what others tell. */
const OTHERS_MS = apiserverAddress.intervalMs + 30_000;
/** A host without an agent may be booting for so long. */
const BOOTS_MS = apiserverAddress.intervalMs + 150_000;

describe.skipIf(missing !== undefined)('the address of an API server', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  const from = (): Promise<ApiStatus> => statusOf(lab.host('w1'));
  const untilWhole = (): Promise<void> => agents.untilWhole(4 * MINUTE);
  const ids = ({ findings }: ApiStatus): string[] =>
    findings.flatMap(({ id, severity }) => (severity === 'info' ? [] : [id]));
  const untilReached = (name: string): Promise<unknown> =>
    eventually(
      () => lab.host('w1').json<ApiNode>(`/api/v1/nodes/${name}`),
      ({ checks }) => checks.some(({ check, status }) => check === apiserverAddress.id && status === 'ok'),
      2 * MINUTE,
    );

  async function told(fault: string, reason: string, withinMs: number, act: () => unknown): Promise<ApiFinding> {
    const began = performance.now();
    await act();
    const is = (finding: ApiFinding): boolean => finding.reason === reason && finding.node === 'm1';
    const said = await eventually(from, ({ findings }) => findings.some(is), 2 * withinMs);
    const tookMs = Math.round(performance.now() - began);
    noteTold({ fault, reason, tookMs, boundMs: withinMs }, said.sentence);
    expect(tookMs).toBeLessThan(2 * withinMs);
    return said.findings.find(is) as ApiFinding;
  }

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false });
    // Its own agent asks it on loopback.
    api = await createControlPlane(lab.host('m1'), { flags: { 'bind-address': '0.0.0.0' } });
    await api.start();
    for (const host of lab.hosts) {
      const machineId = (await host.exec('cat', ['/etc/machine-id'])).trim();
      const labels = host.name === 'm1' ? { 'node-role.kubernetes.io/control-plane': '' } : {};
      await api.addNode(host.name, { address: host.address, machineId, labels });
    }
    agents = createKubeAgents(api, lab.hosts, quietBut('apiserver', apiserverAddress.id));
    await Promise.all(lab.hosts.map(agents.start));
    await untilWhole();
    for (const name of NAMES) await untilReached(name);
  }, 6 * MINUTE);
  afterAll(() => lab?.remove());

  it(
    'that is away for as long as a new start takes is its own node’s affair',
    async () => {
      const seen = new Set<string>();
      api.apiserver().kill('SIGKILL');
      for (const end = performance.now() + 40_000; performance.now() < end; await sleep(1000))
        for (const id of ids(await from())) seen.add(id);
      await api.startApiserver();
      await untilWhole();
      expect([...seen]).toEqual(['ApiserverDown/m1']);
    },
    6 * MINUTE,
  );

  it(
    'that a firewall keeps one node from names that node and who reaches it',
    async () => {
      // Whoever did not reach it a moment ago has looked again by then.
      await sleep(apiserverAddress.intervalMs + 3000);
      const { address } = lab.host('m1');
      const rule = ['OUTPUT', '-p', 'tcp', '-d', address, '--dport', String(PORT), '-j', 'DROP'];
      const finding = await told('a firewall on w2', 'ApiserverAddressBroken', TOLD_MS + OTHERS_MS, () =>
        lab.host('w2').exec('iptables', ['-A', ...rule]),
      );
      expect(finding).toMatchObject({
        id: `ApiserverAddressBroken/m1/${address}:${PORT}`,
        severity: 'warning',
        observers: ['w2'],
        dissent: ['w1'],
      });
      await lab.host('w2').exec('iptables', ['-D', ...rule]);
      await untilWhole();
    },
    8 * MINUTE,
  );

  it(
    'is dead, and the agent beside it gone: the others say that it is down',
    async () => {
      agents.running.get('m1')?.kill('SIGKILL');
      await eventually(from, (said) => ids(said).includes('AgentDown/m1') || said.status === 'degraded', 3 * MINUTE);
      const finding = await told('agent gone, then kube-apiserver killed', 'ApiserverDown', BOOTS_MS, () =>
        api.apiserver().kill('SIGKILL'),
      );
      expect(finding).toMatchObject({ id: 'ApiserverDown/m1', severity: 'critical', observers: ['w1', 'w2'] });
      expect(finding.sentence).toContain('The API server on m1 is down');
      expect(ids(await from()).filter((id) => id.startsWith('ApiserverAddressBroken'))).toEqual([]);
      await api.startApiserver();
      await agents.start(lab.host('m1'));
      await untilWhole();
    },
    10 * MINUTE,
  );
});
