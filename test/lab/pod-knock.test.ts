/**
 * The address of a new pod, asked by the node and by the overlay responder, which is a pod: a real containerd connects it to
 * the bridge at which a real responder is. What a NetworkPolicy and what a firewall of the host would drop is dropped.
 *
 *     MEERKAT_LONG=1 npx vitest run --project lab test/lab/pod-knock.test.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiNode } from '../../agent/http/contract.ts';
import { formatClusterKeys, overlayKeyOf } from '../../agent/mesh/identity/cluster-key.ts';
import { eventually } from '../lib/agent-process.ts';
import { createAgentCluster, quietBut, statusOf } from './lib/agents.ts';
import { boundOfCheck } from './lib/bound.ts';
import { MAIN } from './lib/cluster.ts';
import { whyNoContainerd } from './lib/containerd.ts';
import { startDue } from './lib/due.ts';
import { startHostContainerd } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { loadPodImages } from './lib/pod-images.ts';
import { type Pod, createPodNetwork } from './lib/pod-network.ts';
import { noteTold } from './lib/told.ts';

const missing =
  (process.env['MEERKAT_LONG'] === '1' ? undefined : 'it takes eight minutes; set MEERKAT_LONG=1 to run it') ??
  whyNoLab() ??
  whyNoContainerd();
if (missing !== undefined) process.stderr.write(`pod-knock: skipped, ${missing}\n`);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A responder knocks once in ten seconds at most. */
const INTERVAL_MS = 15 * SECOND;
const SUBNET = '10.244.0.0/24';
/** Of the sandboxes alone. */
const [NEW_PODS, FIRST, LAST] = ['10.244.0.64/26', '10.244.0.64', '10.244.0.127'] as const;
const DISCARD = '9';

describe.skipIf(missing !== undefined)('a new pod is asked from the node and from a pod', () => {
  let lab: Lab;
  let host: LabHost;
  let pod: Pod;

  const checkOf = async () =>
    (await host.json<ApiNode>(`/api/v1/nodes/${host.name}`)).checks.find(({ check }) => check === 'pod-network');
  const untilWell = async (): Promise<void> => {
    await eventually(checkOf, (check) => check?.status === 'ok', 3 * MINUTE);
    await eventually(
      () => statusOf(host),
      ({ findings }) => findings.length === 0,
      3 * MINUTE,
    );
  };
  /** @param rule what iptables is to drop, in the host or in the pod */
  const dropped = async (where: 'host' | 'pod', rule: readonly string[]): Promise<() => Promise<string>> => {
    const run = (verb: string): Promise<string> =>
      (where === 'host' ? host : pod).exec('iptables', [verb, 'OUTPUT', '-p', 'tcp', ...rule, '-j', 'DROP']);
    await run('-I');
    return () => run('-D');
  };
  const told = async (
    fault: string,
    reason: string,
    begin: () => Promise<() => Promise<string>>,
  ): Promise<ApiFinding> => {
    const due = startDue(lab.hosts);
    const boundMs = boundOfCheck('pod-network', reason, INTERVAL_MS);
    const began = performance.now();
    const end = await begin();
    try {
      const is = (finding: ApiFinding): boolean => finding.reason === reason;
      const { findings } = await eventually(
        () => statusOf(host),
        (said) => said.findings.some(is),
        3 * boundMs,
      );
      const tookMs = Math.round(performance.now() - began);
      const found = findings.find(is) as ApiFinding;
      noteTold({ fault, reason, tookMs, boundMs }, found.sentence);
      expect(tookMs).toBeLessThan(due(boundMs));
      expect(findings.filter((one) => one.reason !== reason)).toEqual([]);
      return found;
    } finally {
      await end();
    }
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: ['p1'], ipv6: false, overlay: true, diskMebibytes: 512 });
    host = lab.host('p1');
    pod = (await createPodNetwork(lab))(host);
    const ipam = { type: 'host-local', subnet: SUBNET, rangeStart: FIRST, rangeEnd: LAST };
    await startHostContainerd(host, { type: 'bridge', bridge: 'cni0', ipam });
    await loadPodImages(host);
    // A kubelet of a cluster belongs here.
    await host.exec('sh', ['-ec', 'mkdir -p /etc/kubernetes && echo "kind: Config" > /etc/kubernetes/kubelet.conf']);
    const cluster = createAgentCluster(lab.hosts);
    const often = ['--checks.pod-network.interval-seconds', String(INTERVAL_MS / SECOND)];
    const off = [...quietBut('container-runtime'), '--checks.certificates.enabled', 'false'];
    const on = ['--checks.pod-network.enabled', 'true', '--overlay.listen', 'always'];
    await cluster.start(host, [...off, ...on, ...often]);
    const keyFile = join(host.directory, 'overlay.key');
    writeFileSync(keyFile, formatClusterKeys([overlayKeyOf(cluster.key)]));
    const args = ['overlay', '--agent', host.address, '--address', pod.address, '--key-file', keyFile];
    await pod.start(process.execPath, [MAIN, ...args], { readyWhen: /pinging from/ });
    await untilWell();
  }, 5 * MINUTE);
  afterAll(() => lab?.remove(), MINUTE);

  it(
    'a policy keeps pods from it: a warning, and the node hears it',
    async () => {
      // It has been heard from the pod before: what never was may never have been allowed.
      await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
      const { severity, sentence } = await told('packets between pods dropped', 'PodAddressSilentToPods', () =>
        dropped('pod', ['-d', NEW_PODS, '--dport', DISCARD]),
      );
      expect(severity).toBe('warning');
      expect(sentence).toMatch(/NetworkPolicy/);
      await untilWell();
    },
    8 * MINUTE,
  );

  it(
    'a firewall keeps the node from it: a warning, and a pod hears it',
    async () => {
      const { severity, sentence } = await told(
        'packets of the node to new pods dropped',
        'PodAddressSilentToNode',
        () => dropped('host', ['-d', NEW_PODS]),
      );
      expect(severity).toBe('warning');
      expect(sentence).toMatch(/its overlay responder, which is a pod, hears it/);
      await untilWell();
    },
    8 * MINUTE,
  );

  it(
    'nobody hears it: critical for the node',
    async () => {
      const { nodeSeverity } = await told('packets to new pods dropped', 'PodAddressSilent', async () => {
        const ends = [
          await dropped('host', ['-d', NEW_PODS]),
          await dropped('pod', ['-d', NEW_PODS, '--dport', DISCARD]),
        ];
        return async () => (await Promise.all(ends.map((end) => end()))).join('');
      });
      expect(nodeSeverity).toBe('critical');
      await untilWell();
    },
    8 * MINUTE,
  );
});
