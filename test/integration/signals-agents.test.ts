/** Alert managers speak to whole agents on loopback addresses: any of them is told, all know. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { ApiSignals } from '../../agent/http/contract/workloads.ts';
import { eventually } from '../lib/agent-process.ts';
import { createTokenAgents } from '../lib/token-agents.ts';

const NAMES = ['a', 'b', 'c'];
const KEY = 'shared';

describe('what is said to one agent of a workload', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-signals-agents-'));
  const { running: agents, agent, start, command } = createTokenAgents(root, NAMES, 30);
  const statusOf = (name: string): Promise<ApiStatus> => agent(name).json<ApiStatus>('/api/v1/status');
  const heardBy = async (name: string): Promise<string[]> => {
    const { signals } = await agent(name).json<ApiSignals>('/api/v1/signals');
    return signals.map((one) => `${one.namespace}/${one.workload} ${one.name} ${one.state} to ${one.by}`);
  };
  const allHear = (names: readonly string[], wanted: readonly string[]): Promise<unknown> =>
    eventually(
      () => Promise.all(names.map(heardBy)),
      (told) => told.every((one) => JSON.stringify(one) === JSON.stringify(wanted)),
      20_000,
    );
  const more = ['--signals.secret-file', join(root, 'key')];
  const notify = async (name: string, hook: string, sent: object): Promise<unknown> => {
    const body = JSON.stringify(sent);
    const signature = createHmac('sha256', KEY).update(body).digest('hex');
    const response = await fetch(`${agent(name).url}/api/v1/hooks/${hook}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-signature-256': `sha256=${signature}` },
      body,
    });
    return response.json();
  };
  const legacy = (state: string): object => ({
    ruleName: 'QueueStalled',
    evalMatches: [{ metric: 'lines', value: 0, tags: null }],
    state,
    message: 'the queue is not consumed',
    tags: { namespace: 'prod', deployment: 'worker' },
  });
  const alerts = (status: string): object => ({
    version: '4',
    alerts: [{ status, labels: { alertname: 'Slow', namespace: 'prod', statefulset: 'db' }, annotations: {} }],
  });

  beforeAll(async () => {
    writeFileSync(join(root, 'token'), 'secret\n', { mode: 0o600 });
    writeFileSync(join(root, 'key'), `${KEY}\n`, { mode: 0o600 });
    for (const name of NAMES) await start(name, more);
    await eventually(
      () => Promise.all(NAMES.map(statusOf)),
      (seen) => seen.every(({ status, view }) => status === 'healthy' && view.current === NAMES.length),
      60_000,
    );
  }, 120_000);
  afterAll(async () => {
    for (const one of agents.values()) await one.cleanUp();
    rmSync(root, { recursive: true, force: true });
  });

  it('is known to all as the word of whoever said it, and the cluster stays healthy', async () => {
    expect(await notify('b', 'grafana', legacy('alerting'))).toEqual({ taken: 1, ignoredCount: 0, ignored: [] });
    await allHear(NAMES, ['prod/worker QueueStalled firing to b']);
    const all = await eventually(
      () => Promise.all(NAMES.map(statusOf)),
      (seen) => seen.every(({ findings }) => findings.some(({ reason }) => reason === 'WorkloadSignal')),
      20_000,
    );
    for (const { status, findings } of all) {
      expect(status).toBe('healthy');
      expect(findings).toMatchObject([
        {
          id: 'WorkloadSignal/b/prod/worker',
          severity: 'info',
          sentence: 'Grafana says of prod/worker: QueueStalled: the queue is not consumed',
        },
      ]);
    }
    expect((await command('c', ['signals'])).text).toMatch(
      /^prod\/worker +QueueStalled +firing .* grafana +b +the queue/m,
    );
  }, 60_000);

  it('stays as it is while Grafana has no data', async () => {
    expect(await notify('c', 'grafana', legacy('no_data'))).toMatchObject({ taken: 0, ignoredCount: 1 });
    expect(await heardBy('c')).toEqual(['prod/worker QueueStalled firing to b']);
  });

  it('outlives the agent that was told, and its restart', async () => {
    agent('b').kill('SIGKILL');
    await allHear(['a', 'c'], ['prod/worker QueueStalled firing to b']);
    await start('b', more);
    await allHear(NAMES, ['prod/worker QueueStalled firing to b']);
  }, 60_000);

  it('is over when any other is told so', async () => {
    await notify('c', 'alertmanager', alerts('firing'));
    await allHear(NAMES, ['prod/db Slow firing to c', 'prod/worker QueueStalled firing to b']);
    await notify('a', 'grafana', legacy('ok'));
    await allHear(NAMES, ['prod/db Slow firing to c']);
    await notify('b', 'alertmanager', alerts('resolved'));
    await allHear(NAMES, []);
    await eventually(
      () => Promise.all(NAMES.map(statusOf)),
      (seen) => seen.every(({ findings }) => findings.length === 0),
      20_000,
    );
  }, 60_000);
});
