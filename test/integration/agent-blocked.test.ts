/** A check that blocks the event loop ends the agent, which leaves it out from then on. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, describe, expect, it } from 'vitest';
import type { ApiNode, ApiNodes, ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, type AgentProcessOptions, eventually, startAgentProcess } from '../lib/agent-process.ts';

const BAD_CHECKS = resolve(import.meta.dirname, '../lib/scripts/agent-with-bad-checks.ts');

/** Where one agent after the other finds what the one before has left. Ended and removed with the test. */
function aNode(onTestFinished: TestContext['onTestFinished']) {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'meerkat-test-'));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  return {
    dataDirectory,
    start: async (options: AgentProcessOptions): Promise<AgentProcess> => {
      const agent = await startAgentProcess(options);
      onTestFinished(() => agent.cleanUp());
      return agent;
    },
  };
}

const checkNamed = async (agent: AgentProcess, name: string): Promise<ApiNode['checks'][number] | undefined> => {
  const { nodes } = await agent.json<ApiNodes>('/api/v1/nodes');
  const node = await agent.json<ApiNode>(`/api/v1/nodes/${nodes[0]?.node}`);
  return node.checks.find(({ check }) => check === name);
};

// Each waits ten seconds for a process of its own: they wait together.
describe.concurrent('a bad check', () => {
  it('that blocks the event loop in its very first run is found out too', async ({ onTestFinished }) => {
    const { dataDirectory, start } = aNode(onTestFinished);
    const options = { script: BAD_CHECKS, env: { BAD_CHECK: 'blocks-at-once' }, dataDirectory };
    // It blocks before the agent could print its address.
    await expect(start(options)).rejects.toThrow(/ended with SIGALRM/);
    const second = await start(options);
    const { findings } = await eventually(
      () => second.json<ApiStatus>('/api/v1/status'),
      (status) => status.findings.length > 0,
      20_000,
    );
    expect(findings).toMatchObject([{ reason: 'CheckLeftOut', check: 'blocks-at-once' }]);
  });

  it('that blocks the event loop ends the agent, which leaves it out at the next start and says so', async ({
    onTestFinished,
  }) => {
    const { dataDirectory, start } = aNode(onTestFinished);
    const options = { script: BAD_CHECKS, env: { BAD_CHECK: 'blocks' }, dataDirectory };
    const first = await start(options);
    const end = await first.ended;
    expect(end.code ?? end.signal).toBe('SIGALRM');
    expect(existsSync(join(dataDirectory, 'blocked.json'))).toBe(true);
    const second = await start(options);
    const status = await eventually(
      () => second.json<ApiStatus>('/api/v1/status'),
      ({ findings }) => findings.length > 0,
      20_000,
    );
    expect(status.findings).toMatchObject([{ reason: 'CheckLeftOut', check: 'blocks' }]);
    expect(status.status).toBe('degraded');
    expect((await checkNamed(second, 'good'))?.status).toBe('ok');
    await expect(Promise.race([second.ended, new Promise((done) => setTimeout(done, 15_000, 'alive'))])).resolves.toBe(
      'alive',
    );
  });
});
