/** A node is gone for good: whole agents on loopback addresses, and the person who removes it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiMembers, ApiNodes, ApiStatus } from '../../agent/http/contract.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { eventually } from '../lib/agent-process.ts';
import { createTokenAgents } from '../lib/token-agents.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const LEFT = ['a', 'b', 'c'];

describe('a node that does not come back', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-forget-agents-'));
  const tokenFile = join(root, 'token');
  const { running: agents, agent, start, command } = createTokenAgents(root, NAMES, 20);
  const forget = (node: string, at: string): Promise<{ code: number; text: string }> => command(at, ['forget', node]);
  const membersOf = async (name: string): Promise<string> => {
    const { members } = await agent(name).json<ApiMembers>('/api/v1/members');
    return members.map(({ node, state }) => `${node} ${state}`).join();
  };
  const isWhole = (names: readonly string[]) => async (): Promise<boolean> => {
    const wanted = names.map((name) => `${name} alive`).join();
    const all = await Promise.all(
      names.map(async (name) => {
        const { status, view } = await agent(name).json<ApiStatus>('/api/v1/status');
        return status === 'healthy' && view.current === names.length && (await membersOf(name)) === wanted;
      }),
    );
    return all.every(Boolean);
  };
  const whole = (names: readonly string[]): Promise<boolean> => eventually(isWhole(names), Boolean, 60_000);

  beforeAll(async () => {
    writeFileSync(tokenFile, 'secret\n', { mode: 0o600 });
    for (const name of NAMES) await start(name);
    await whole(NAMES);
  }, 120_000);
  afterAll(async () => {
    for (const one of agents.values()) await one.cleanUp();
    rmSync(root, { recursive: true, force: true });
  });

  it('is not removed while it is alive', async () => {
    const { code, text } = await forget('d', 'a');
    expect([code, text]).toEqual([1, expect.stringMatching(/^d is alive: .*reach(es)? it\. Stop its agent first/)]);
  });

  it('is gone from all others within seconds of the order', async () => {
    agent('d').kill('SIGKILL');
    await agent('d').ended;
    await eventually(
      () => membersOf('b'),
      (text) => text.includes('d agent-down'),
      20_000,
    );

    const { code, text } = await eventually(
      () => forget('d', 'b'),
      (done) => done.code !== 2,
      20_000,
    );

    expect([code, text]).toEqual([
      0,
      expect.stringContaining('d was removed from the cluster. Its host still answers'),
    ]);
    const orderedAt = performance.now();
    await whole(LEFT);
    process.stdout.write(`all forgot it after ${Math.round(performance.now() - orderedAt)} ms\n`);
    for (const name of LEFT) {
      const { nodes } = await agent(name).json<ApiNodes>('/api/v1/nodes');
      expect(nodes.map(({ node }) => node)).toEqual(LEFT);
      const { events } = await eventually(
        () => agent(name).json<ApiTimeline>('/api/v1/timeline?from=-1h'),
        (told) =>
          told.events.some(({ message }) => message.startsWith('d was removed from the cluster by an operator on b')),
        20_000,
      );
      expect(events.length).toBeGreaterThan(0);
    }
  });

  it('is not brought back by an agent that starts anew', async () => {
    await eventually(async () => (await agent('c').json<ApiMembers>('/api/v1/members')).digest, Boolean, 5000);
    agent('c').kill('SIGKILL');
    await agent('c').ended;
    await start('c');
    await whole(LEFT);
    expect(await membersOf('c')).not.toContain('d');
  });

  it('is a member like any other when its agent runs again after all', async () => {
    await start('d');
    await whole(NAMES);
    for (const name of NAMES)
      await eventually(
        () => agent(name).json<ApiTimeline>('/api/v1/timeline?from=-1h'),
        ({ events }) =>
          events.some(({ message }) => message === 'd was removed from the cluster and is a member again'),
        20_000,
      );
  });
});
