/** Real cuts and deaths among agents that tell a receiver: one message of each side, none once it has healed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNotifications } from '../../agent/http/contract/notifications.ts';
import { eventually } from '../lib/agent-process.ts';
import type { Mood, StrictRecord } from '../lib/strict-receiver.ts';
import { type AgentCluster, QUIET_CHECKS, createAgentCluster } from './lib/agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Watch, createWatch, sleep } from './lib/watch.ts';

const missing =
  process.env['MEERKAT_LONG'] === undefined ? 'it takes eight minutes; set MEERKAT_LONG=1 to run it' : whyNoLab();
if (missing !== undefined) process.stderr.write(`notifications: skipped, ${missing}\n`);

const STRICT_RECEIVER = resolve(import.meta.dirname, '../lib/strict-receiver-main.ts');
const ALL = ['n1', 'n2', 'n3', 'n4', 'n5'];
const [MANY, FEW] = [ALL.slice(0, 3), ALL.slice(3)];
const PORT = 9000;
const TIMING = {
  groupWaitSeconds: 5,
  groupIntervalSeconds: 8,
  rankDelaySeconds: 5,
  resolveDelaySeconds: 10,
  repeatHours: 1,
};
/** A new agent tells nobody anything before. */
const QUIET_MS = 30_000;
const TOLD_MS = 90_000;
/** The waits of all three ranks, the interval and the time until something is over, twice. */
const CALM_MS = 75_000;

describe.skipIf(missing !== undefined)('notifications of five', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let watch: Watch;
  const running = new Map<string, LabProcess>();
  const hosts = (...names: readonly string[]): LabHost[] => names.map((name) => lab.host(name));
  const file = (name: string): string => join(lab.host('pager').directory, name);
  const setMood = (mood: Mood): void => writeFileSync(file('mood.json'), JSON.stringify(mood));

  const records = (): readonly StrictRecord[] => {
    try {
      const lines = readFileSync(file('records'), 'utf8').trim().split('\n');
      return lines.map((line) => JSON.parse(line) as StrictRecord);
    } catch {
      return [];
    }
  };
  /** `3/5: +NodesLost n4, n5; -AgentDown n1` of each message from `from` on. */
  const messages = (from = 0): readonly string[] =>
    records()
      .slice(from)
      .map(({ alerts, isTaken }) => {
        const words = alerts.map(({ status, labels, annotations }) => {
          const nodes = labels['node'] ?? annotations['nodes'] ?? '';
          return `${status === 'resolved' ? '-' : '+'}${labels['alertname']} ${nodes}`;
        });
        const [view = ''] = (alerts[0]?.annotations['view'] ?? '').split(' ');
        return `${isTaken ? '' : 'not taken, '}${view}: ${words.toSorted().join('; ')}`;
      });
  const start = async (host: LabHost): Promise<void> => {
    const config = join(host.directory, 'config.yaml');
    const webhook = { url: `http://${lab.host('pager').address}:${PORT}/hook` };
    const receivers = [{ name: 'pager', webhook, reasons: ['AgentDown'], timeoutSeconds: 25, perMinute: 60 }];
    writeFileSync(config, JSON.stringify({ notifications: { ...TIMING, receivers } }));
    running.set(host.name, await agents.start(host, ['--config', config, ...QUIET_CHECKS]));
  };
  const shownBy = (host: LabHost): Promise<ApiNotifications> => host.json('/api/v1/notifications');
  const calm = async (): Promise<void> => {
    await watch.until(
      hosts(...ALL),
      'all are there',
      ({ states, status }) =>
        (status.view.component ?? 0) >= ALL.length && ALL.every((name) => states[name] === 'alive'),
    );
    for (const host of hosts(...ALL))
      await eventually(
        () => shownBy(host),
        ({ paused }) => paused === undefined,
        2 * QUIET_MS,
      );
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: [...ALL, 'n6', 'pager'] });
    agents = createAgentCluster(hosts(...ALL, 'n6'));
    const pager = lab.host('pager');
    await pager.start(
      process.execPath,
      [
        STRICT_RECEIVER,
        '--address',
        pager.address,
        '--port',
        String(PORT),
        '--record',
        file('records'),
        '--mood',
        file('mood.json'),
      ],
      { readyWhen: /listening/ },
    );
    await Promise.all(hosts(...ALL, 'n6').map(start));
    watch = createWatch(hosts(...ALL));
    await calm();
  }, 240_000);
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it('are one for what stands, one more of each side of a cut with how many it is, and none again once it has healed', async () => {
    running.get('n6')?.kill('SIGKILL');
    await eventually(
      async () => messages(),
      ({ length }) => length > 0,
      TOLD_MS,
    );
    await sleep(30_000);
    expect(messages()).toEqual(['5/6: +AgentDown n6']);

    await lab.partition([MANY, FEW]);
    await eventually(
      async () => messages(1),
      ({ length }) => length > 1,
      TOLD_MS,
    );
    await sleep(CALM_MS);
    const sides = messages(1);
    process.stdout.write(`cut: ${JSON.stringify(sides)}\n`);
    expect(sides.toSorted()).toEqual([
      expect.stringMatching(/^2\/6: .*[+]NodesLost n1, n2, n3/),
      expect.stringMatching(/^3\/6: .*[+]NodesLost n4, n5/),
    ]);
    for (const side of sides) expect(side).not.toMatch(/(^|; |: )-/);

    const before = records().length;
    await lab.heal();
    await watch.until(hosts(...ALL), 'they are one again', ({ states }) =>
      ALL.every((name) => states[name] === 'alive'),
    );
    await eventually(
      async () => messages(before).join(' '),
      (all) => all.includes('-NodesLost'),
      TOLD_MS,
    );
    await sleep(2 * CALM_MS);
    const after = messages(before);
    process.stdout.write(`healed: ${JSON.stringify(after)}\n`);
    // What still stands is told beside the end. That each side lost the other is one story, told by two, which ends once;
    // nothing is late, and nothing is said to be lost again.
    expect(after.join(' ').match(/-NodesLost (n1, n2, n3|n4, n5)/g)).toHaveLength(1);
    expect(after.length).toBeLessThanOrEqual(2);
    for (const one of after) expect(one.match(/[+]\w+ [^;]*/g) ?? []).toEqual(['+AgentDown n6']);
  }, 600_000);

  it('are two at most where the sender is killed while the receiver has not answered', async () => {
    const from = records().length;
    await calm();
    const [first] = hosts((await shownBy(lab.host('n1'))).receivers[0]?.sender ?? '');
    setMood({ kind: 'late', afterMs: 15_000 });
    await start(lab.host('n6'));
    await eventually(
      async () => messages(from),
      ({ length }) => length > 0,
      TOLD_MS,
    );
    // It is on its way: the receiver has it, and has not said so.
    running.get(first?.name ?? '')?.kill('SIGKILL');
    setMood({ kind: 'take' });
    await sleep(CALM_MS);
    const told = messages(from);
    process.stdout.write(`killed while it sent: ${JSON.stringify(told)}\n`);
    const ends = told.filter((one) => one.includes('-AgentDown n6'));
    expect(ends.length).toBeGreaterThanOrEqual(1);
    expect(ends.length).toBeLessThanOrEqual(2);
    expect(told.filter((one) => one.includes('+AgentDown n6'))).toEqual([]);
    expect(records().flatMap(({ faults }) => faults)).toEqual([]);
    const duplicates = await Promise.all(
      hosts(...ALL)
        .filter((host) => host !== first)
        .map(async (host) => (await shownBy(host)).duplicates),
    );
    process.stdout.write(`duplicates that the agents know of: ${duplicates.join()}\n`);
  }, 400_000);
});
