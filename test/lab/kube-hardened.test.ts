/** A real API server that answers nobody but whom it knows: its own health is told all the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiCheck, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { boundMs } from '../../agent/runner/schedule.ts';
import { apiserver } from '../../checks/apiserver.ts';
import { eventually } from '../lib/agent-process.ts';
import { createAgentCluster, quietBut, statusOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { startDue } from './lib/due.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-hardened: skipped, ${missing}\n`);

const MINUTE = 60_000;
const TOLD_MS = boundMs(apiserver) + 1000;

describe.skipIf(missing !== undefined)('an API server that knows no anonymous clients', () => {
  let lab: Lab;
  let host: LabHost;
  let api: ControlPlane;

  const checkOf = async (): Promise<ApiCheck | undefined> => {
    const { checks } = await host.json<ApiNode>(`/api/v1/nodes/${host.name}`);
    return checks.find(({ check }) => check === 'apiserver');
  };
  const status = (): Promise<ApiStatus> => statusOf(host);

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1'], ipv6: false });
    host = lab.host('m1');
    api = await createControlPlane(host, { flags: { 'anonymous-auth': 'false' } });
    await api.start();
  }, 4 * MINUTE);
  afterAll(() => lab?.remove());

  it(
    'tells an agent without a service account that it lives',
    async () => {
      const agents = createAgentCluster(lab.hosts);
      const agent = await agents.start(host, [...quietBut('apiserver'), '--checks.apiserver.endpoint', api.url]);
      const found = await eventually(checkOf, (one) => one?.status === 'ok', MINUTE);
      expect(found?.readings).toEqual([]);
      await agent.stop();
    },
    2 * MINUTE,
  );

  it(
    'tells one with a service account how it is, and what it misses',
    async () => {
      const agents = createAgentCluster(lab.hosts);
      const flags = [...quietBut('apiserver'), '--checks.apiserver.endpoint', api.url, ...api.admit(host)];
      await agents.start(host, flags);
      await eventually(checkOf, (one) => one?.readings.some(({ name }) => name === 'latency_seconds') === true, MINUTE);

      const due = startDue(lab.hosts);
      const began = performance.now();
      api.etcd().freeze();
      const said = await eventually(status, ({ findings }) => findings.some(isOfApiserver), MINUTE);
      const tookMs = Math.round(performance.now() - began);
      api.etcd().thaw();
      const { reason = '', evidence = [] } = said.findings.find(isOfApiserver) ?? {};
      noteTold(
        {
          fault: 'etcd frozen, behind an API server that knows no anonymous clients',
          reason,
          tookMs,
          boundMs: TOLD_MS,
        },
        said.sentence,
      );
      expect(evidence.join('\n')).toContain('[-]etcd');
      expect(tookMs).toBeLessThan(due(TOLD_MS));
      await eventually(status, ({ findings }) => !findings.some(isOfApiserver), MINUTE);
    },
    3 * MINUTE,
  );
});

const isOfApiserver = ({ reason }: { readonly reason: string }): boolean => reason === 'ApiserverNotReady';
