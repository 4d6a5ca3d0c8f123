/** Whole agents on loopback addresses, and a receiver that notes what it gets: one message for what is found, whoever dies. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { ApiNotifications, ApiSilences } from '../../agent/http/contract/notifications.ts';
import { eventually } from '../lib/agent-process.ts';
import { type StrictReceiver, startStrictReceiver } from '../lib/strict-receiver.ts';
import { createTokenAgents } from '../lib/token-agents.ts';

/** Minutes, of which each is waited for. */
const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;
const NAMES = ['a', 'b', 'c', 'd'];
const TIMING = { groupWaitSeconds: 2, groupIntervalSeconds: 4, rankDelaySeconds: 3, resolveDelaySeconds: 3 };
/** A new agent tells nobody anything before. */
const QUIET_MS = 30_000;
/** What is told is told by then: the wait, the interval, a takeover by the next two, and a busy machine. */
const TOLD_MS = 60_000;
/** Long enough for whoever would tell it again. */
const CALM_MS = 15_000;
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('notifications of several agents', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-notify-'));
  const { running, agent, start, command } = createTokenAgents(root, NAMES, 30);
  const config = join(root, 'config.yaml');
  let receiver: StrictReceiver;
  /** Each message from `from` on: `+Reason node` for what stands, `-Reason node` for what is over. */
  const messages = (from = 0): readonly string[] =>
    receiver.records.slice(from).map(({ alerts, isTaken }) => {
      const words = alerts.map(
        ({ status, labels }) => `${status === 'resolved' ? '-' : '+'}${labels['alertname']} ${labels['node'] ?? ''}`,
      );
      return `${isTaken ? '' : 'not taken: '}${words.toSorted().join(', ')}`;
    });
  const launch = (name: string): Promise<void> => start(name, ['--config', config]);
  const kill = async (name: string): Promise<void> => {
    agent(name).kill('SIGKILL');
    await agent(name).ended;
  };
  const told = (from: number, count: number): Promise<unknown> =>
    eventually(
      async () => messages(from),
      (all) => all.length >= count,
      TOLD_MS,
    );
  const statusOf = (name: string): Promise<ApiStatus> => agent(name).json<ApiStatus>('/api/v1/status');
  const shownBy = (name: string): Promise<ApiNotifications> => agent(name).json('/api/v1/notifications');
  const senderIn = async (name: string): Promise<string> => (await shownBy(name)).receivers[0]?.sender ?? '';
  const whole = (): Promise<unknown> =>
    eventually(
      () => Promise.all(NAMES.map(statusOf)),
      (all) => all.every(({ status, view }) => status === 'healthy' && view.component === NAMES.length),
      60_000,
    );
  const unpaused = (): Promise<unknown> =>
    eventually(
      () => Promise.all(NAMES.map(shownBy)),
      (all) => all.every(({ paused }) => paused === undefined),
      2 * QUIET_MS,
    );

  beforeAll(async () => {
    receiver = await startStrictReceiver({ kind: 'webhook' });
    writeFileSync(join(root, 'token'), 'secret\n', { mode: 0o600 });
    // An agent that is down is an info for a minute: nobody waits for that here.
    const receivers = [
      {
        name: 'pager',
        webhook: { url: `${receiver.url}/hook` },
        reasons: ['AgentDown'],
        timeoutSeconds: 20,
        perMinute: 60,
      },
    ];
    writeFileSync(config, JSON.stringify({ notifications: { ...TIMING, receivers } }));
    for (const name of NAMES) await launch(name);
    await whole();
    await unpaused();
  }, 180_000);
  afterAll(async () => {
    for (const one of running.values()) await one.cleanUp();
    await receiver?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('is one message for what is found, and one for its end, by the first of all', async () => {
    const first = await senderIn('a');
    expect(new Set(await Promise.all(NAMES.map(senderIn)))).toEqual(new Set([first]));
    const victim = NAMES.find((name) => name !== first && name !== 'a') ?? '';
    expect(messages()).toEqual([]);

    await kill(victim);
    await told(0, 1);
    await sleep(CALM_MS);
    expect(messages()).toEqual([`+AgentDown ${victim}`]);
    const shown = await shownBy(first);
    expect(shown.receivers).toMatchObject([{ name: 'pager', kind: 'webhook', sent: 1, failed: 0, waiting: 0 }]);
    expect(shown.told).toMatchObject([{ state: 'firing', reason: 'AgentDown', nodes: [victim], by: first }]);
    expect((await agent('a').text('/metrics')).body).toContain('meerkat_notification_sends_total{receiver="pager",');

    await launch(victim);
    await told(1, 1);
    await sleep(CALM_MS);
    expect(messages(1)).toEqual([`-AgentDown ${victim}`]);
    await whole();
    await unpaused();
  }, 240_000);

  it.skipIf(!IS_LONG)(
    'is told by the next one where the first was killed, who is in the message himself',
    async () => {
      const from = receiver.records.length;
      const first = await senderIn('a');
      await kill(first);
      await told(from, 1);
      await sleep(CALM_MS);
      expect(messages(from)).toEqual([`+AgentDown ${first}`]);
      await launch(first);
      await told(from, 2);
      expect(messages(from).slice(1)).toEqual([`-AgentDown ${first}`]);
      await whole();
      await unpaused();
    },
    240_000,
  );

  it.skipIf(!IS_LONG)(
    'is told at most twice where the sender is killed before it can say so',
    async () => {
      const from = receiver.records.length;
      const first = await senderIn('a');
      const victim = NAMES.find((name) => name !== first && name !== 'a') ?? '';
      receiver.setMood({ kind: 'late', afterMs: 10_000 });
      await kill(victim);
      await told(from, 1);
      receiver.setMood({ kind: 'take' });
      await kill(first);
      await eventually(
        async () => messages(from),
        (all) => all.some((one) => one.includes(`+AgentDown ${first}`)),
        TOLD_MS,
      );
      await sleep(CALM_MS);
      const about = messages(from).filter((one) => one === `+AgentDown ${victim}`);
      process.stdout.write(`killed while it sent: ${JSON.stringify(messages(from))}\n`);
      expect(about.length).toBeLessThanOrEqual(2);
      expect(messages(from).length).toBeLessThanOrEqual(3);
      const before = receiver.records.length;
      await launch(victim);
      await launch(first);
      await eventually(
        async () => messages(before).join(', '),
        (all) => all.includes(`-AgentDown ${victim}`) && all.includes(`-AgentDown ${first}`),
        TOLD_MS,
      );
      expect(
        messages(before)
          .join()
          .match(/[+]AgentDown/g),
      ).toBeNull();
      await whole();
      await unpaused();
    },
    300_000,
  );

  it.skipIf(!IS_LONG)(
    'loses nothing while the receiver is dead and all agents are started again',
    async () => {
      const from = receiver.records.length;
      receiver.setMood({ kind: 'status', status: 503 });
      await kill('d');
      await told(from, 2);
      for (const name of ['a', 'b', 'c']) {
        await kill(name);
        await launch(name);
      }
      await launch('d');
      await whole();
      const failed = receiver.records.length;
      await unpaused();
      await sleep(5000);
      receiver.setMood({ kind: 'take' });
      await eventually(
        async () => messages(failed).filter((one) => !one.startsWith('not taken')),
        (all) => all.length > 0,
        3 * TOLD_MS,
      );
      await sleep(CALM_MS);
      // It was over before anybody heard of it, as may be that the others were started again one after the other.
      const taken = messages(failed).filter((one) => !one.startsWith('not taken'));
      process.stdout.write(`told late: ${JSON.stringify(taken)}\n`);
      expect(taken.join().match(/-AgentDown d/g)).toHaveLength(1);
      expect(taken.join()).not.toContain('+AgentDown d');
    },
    400_000,
  );

  it('is kept quiet by a silence of any agent, which any other ends', async () => {
    const from = receiver.records.length;
    const added = await command('a', ['silence', 'add', '--node', 'd', '--for', '1h', '--comment', 'new disk']);
    expect([added.code, added.text]).toEqual([0, expect.stringMatching(/^Nobody is told of everything on d until /)]);
    const [silence] = await eventually(
      async () => (await agent('b').json<ApiSilences>('/api/v1/silences')).silences,
      ({ length }) => length > 0,
      20_000,
    );
    expect(silence).toMatchObject({ node: 'd', by: 'a', comment: 'new disk' });
    await kill('d');
    await sleep(CALM_MS + 5000);
    expect(messages(from)).toEqual([]);
    const shown = await command('b', ['notifications']);
    expect(shown.text).toContain('Silenced now: AgentDown d.');

    const ended = await command('c', ['silence', 'end', silence?.id ?? '']);
    expect([ended.code, ended.text]).toEqual([0, 'everything on d is not silenced any more.\n']);
    await told(from, 1);
    expect(messages(from)).toEqual(['+AgentDown d']);
    expect((await command('a', ['silence', 'end', silence?.id ?? ''])).code).toBe(1);
    expect((await agent('a').text('/api/v1/silences')).body).toBe('Nothing is silenced.\n');
    const noToken = await fetch(new URL('/api/v1/silences/12345678', agent('a').url), { method: 'DELETE' });
    expect(noToken.status).toBe(401);
    expect(receiver.faults()).toEqual([]);
  }, 240_000);
});
