/** Somebody works on a node: whole agents on loopback addresses, and the person who says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import type { ApiMaintenances } from '../../agent/http/contract/orders.ts';
import { eventually } from '../lib/agent-process.ts';
import { createTokenAgents } from '../lib/token-agents.ts';

const NAMES = ['a', 'b', 'c'];
const LEFT = ['a', 'b'];

describe('a node on which somebody works', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-maintenance-agents-'));
  const tokenFile = join(root, 'token');
  const { running: agents, agent, start, command } = createTokenAgents(root, NAMES, 100);
  const order = (at: string, args: readonly string[]): Promise<{ code: number; text: string }> =>
    command(at, ['maintenance', ...args]);
  const statusOf = (name: string): Promise<ApiStatus> => agent(name).json<ApiStatus>('/api/v1/status');
  /** Findings about c, as each of these tells them. */
  const toldOf = async (names: readonly string[]): Promise<readonly string[]> => {
    const all = await Promise.all(names.map(statusOf));
    return all.map(({ status, findings }) => {
      const ofC = findings.filter(({ node }) => node === 'c').map(({ reason, severity }) => `${reason} ${severity}`);
      return `${status}: ${ofC.sort().join()}`;
    });
  };
  const all = (names: readonly string[], wanted: string, boundMs: number): Promise<unknown> =>
    eventually(
      () => toldOf(names),
      (told) => told.every((one) => one === wanted),
      boundMs,
    );

  beforeAll(async () => {
    writeFileSync(tokenFile, 'secret\n', { mode: 0o600 });
    for (const name of NAMES) await start(name);
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

  it('is known to all, itself among them, whoever was asked', async () => {
    const { code, text } = await order('b', ['c', '--for', '1h', '--reason', 'new disk']);
    expect([code, text]).toEqual([0, expect.stringMatching(/^c is in maintenance until .+ ends it\.\n$/)]);
    await all(NAMES, 'healthy: NodeMaintenance info', 20_000);
    for (const name of NAMES) {
      const { maintenance } = await agent(name).json<ApiMaintenances>('/api/v1/maintenance');
      expect(maintenance).toMatchObject([{ node: 'c', by: 'b', reason: 'new disk' }]);
    }
    const metrics = await agent('c').text('/metrics');
    expect(metrics.body).toMatch(/^meerkat_node_maintenance 1$/m);
    expect((await agent('c').text('/status')).body).toContain('In maintenance until');
    // What is broadcast first is the word itself; the timeline follows with the next exchange at the latest.
    const wanted = 'c was put in maintenance for 1h by an operator on b';
    for (const name of NAMES)
      await eventually(
        () => agent(name).json<ApiTimeline>('/api/v1/timeline?from=-1h'),
        ({ events }) => events.some(({ message }) => message.startsWith(wanted)),
        30_000,
      );
  });

  it('may be killed, and that is an info on all others', async () => {
    agent('c').kill('SIGKILL');
    await agent('c').ended;
    const isDown = (name: string) => async (): Promise<boolean> => {
      const { members } = await agent(name).json<ApiMembers>('/api/v1/members');
      return members.some(({ node, state }) => node === 'c' && state === 'agent-down');
    };
    for (const name of LEFT) await eventually(isDown(name), Boolean, 20_000);
    await all(LEFT, 'healthy: AgentDown info,NodeMaintenance info', 20_000);
  });

  it('stays excused when the agent that was asked starts anew', async () => {
    agent('b').kill('SIGKILL');
    await agent('b').ended;
    await start('b');
    await all(LEFT, 'healthy: AgentDown info,NodeMaintenance info', 60_000);
  });

  it('is a warning as soon as it is ended, at any agent, once a restart would be over', async () => {
    // A minute is what an agent has for coming back by itself, as each of the others has seen it go; that is over first.
    for (const name of LEFT)
      await eventually(
        () => agent(name).json<ApiMembers>('/api/v1/members'),
        ({ members }) =>
          members.some(({ node, graceUntil = '' }) => node === 'c' && Date.parse(graceUntil) < Date.now()),
        90_000,
      );
    await all(LEFT, 'healthy: AgentDown info,NodeMaintenance info', 5000);

    const orderedAt = performance.now();
    const { code, text } = await order('a', ['c', '--end']);

    expect([code, text]).toEqual([0, 'c is not in maintenance any more.\n']);
    await all(LEFT, 'degraded: AgentDown warning', 10_000);
    process.stdout.write(`a warning on all after ${Math.round(performance.now() - orderedAt)} ms\n`);
    for (const name of LEFT) {
      const { events } = await eventually(
        () => agent(name).json<ApiTimeline>('/api/v1/timeline?from=-1h'),
        (told) => told.events.some(({ kind, reason }) => kind === 'resolved' && reason === 'NodeMaintenance'),
        20_000,
      );
      expect(events.some(({ kind, reason }) => kind === 'concluded' && reason === 'NodeMaintenance')).toBe(true);
      await eventually(
        () => agent(name).json<ApiTimeline>('/api/v1/timeline?from=-1h'),
        (told) =>
          told.events.some(({ message }) => message.startsWith('the maintenance of c was ended by an operator on a')),
        20_000,
      );
    }
  }, 150_000);
});
