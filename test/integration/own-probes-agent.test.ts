/** Probes of the operator's configuration in a real agent: what it tells, and what is left when it ends. */
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-own-probes-'));
const agents: AgentProcess[] = [];
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.cleanUp()));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** JSON is YAML. */
async function start(checks: object): Promise<AgentProcess> {
  const config = join(directory, `config-${agents.length}.yaml`);
  writeFileSync(config, JSON.stringify({ checks }));
  const agent = await startAgentProcess({ args: ['--config', config] });
  agents.push(agent);
  return agent;
}

const findingOf = ({ findings }: ApiStatus, reason: string) => findings.find((one) => one.reason === reason);
const QUICK = { periodSeconds: 1, timeoutSeconds: 0.3, failureThreshold: 2, initialDelaySeconds: 0 };

describe('an agent with probes of its own', () => {
  it('tells one that fails as a finding under its name, and clears it', async () => {
    const server = createServer((socket) => socket.on('error', () => {}));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
    const probe = { ...QUICK, name: 'database', port, severity: 'critical', description: 'Nobody can pay' };
    const headers = { Authorization: 'Bearer geheim' };
    const agent = await start({
      tcp: { intervalSeconds: 1, timeoutSeconds: 0.9, probes: [probe] },
      http: { probes: [{ name: 'shop', url: 'http://127.0.0.1:1/', headers }] },
    });
    await eventually(
      () => agent.text('/health/check/tcp'),
      ({ status }) => status === 200,
      20_000,
    );

    await new Promise((resolve) => server.close(resolve));
    const failing = await eventually(
      () => agent.json<ApiStatus>('/api/v1/status'),
      (one) => findingOf(one, 'CriticalTcpProbeFailed') !== undefined,
      20_000,
    );
    const finding = findingOf(failing, 'CriticalTcpProbeFailed');
    expect(finding).toMatchObject({ subject: 'database', severity: 'warning', nodeSeverity: 'critical' });
    expect(finding?.sentence).toContain(`database: Nobody can pay: nobody listens on 127.0.0.1:${port}`);
    expect(await agent.text('/health/check/tcp')).toMatchObject({
      status: 503,
      body: expect.stringContaining('database: Nobody can pay'),
    });

    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
    await eventually(
      () => agent.text('/health/check/tcp'),
      ({ status }) => status === 200,
      20_000,
    );
    server.close();
    expect(agent.log()).toContain('"shop"');
    expect(agent.log()).not.toContain('geheim');
  });

  it('ends its programs with itself', async () => {
    const argument = `3600.${process.pid}`;
    const program = join(directory, 'hangs');
    writeFileSync(program, `#!/bin/sh\nsleep ${argument}\n`);
    chmodSync(program, 0o755);
    const running = (): string[] =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(argument);
        } catch {
          return false;
        }
      });
    const agent = await start({ exec: { probes: [{ name: 'hangs', command: [program], timeoutSeconds: 7 }] } });
    await eventually(
      async () => running().length,
      (count) => count > 0,
      20_000,
    );
    agent.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
    await expect.poll(running, { timeout: 5000 }).toEqual([]);
  });
});
