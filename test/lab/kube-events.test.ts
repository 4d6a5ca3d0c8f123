/** The Events of a real Kubernetes API, as the agent that reads them for all hears of them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lib/agent-process.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-events: skipped, ${missing}\n`);

const SCRIPT = join(import.meta.dirname, 'lib/scripts/read-events.ts');
const MINUTE = 60_000;
/** Two pages and a part of a third. */
const MANY = 1200;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Line {
  readonly how?: 'listed' | 'watched';
  readonly events?: readonly (readonly [name: string, count: number])[];
  readonly listed?: true;
  readonly isComplete?: boolean;
  readonly notice?: string;
}

const eventOf = (name: string, count = 1): object => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'default' },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'api-1' },
  reason: 'BackOff',
  message: `it happened to ${name}`,
  source: { component: 'kubelet', host: 'm1' },
  firstTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
  lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
  count,
  type: 'Warning',
});

describe.skipIf(missing !== undefined)('the events', () => {
  let lab: Lab;
  let api: ControlPlane;
  let reader: LabProcess;
  const lines = (): readonly Line[] =>
    reader
      .output()
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  /** The highest count that was told of each. */
  const told = (): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    for (const { events = [] } of lines())
      for (const [name, count] of events) counts.set(name, Math.max(count, counts.get(name) ?? 0));
    return counts;
  };
  const until = (holds: () => boolean, withinMs = MINUTE): Promise<unknown> =>
    eventually(
      async () => holds(),
      (is) => is,
      withinMs,
    );
  const create = (names: readonly string[]): Promise<string> =>
    api.kubectl(
      ['create', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: names.map((name) => eventOf(name)) }),
    );
  const setCount = (name: string, count: number): Promise<string> =>
    api.kubectl(['patch', 'event', name, '--type=merge', '-p', JSON.stringify({ count })]);

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1'], ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    for (let from = 0; from < MANY; from += 400)
      await create(Array.from({ length: 400 }, (_, index) => `e${from + index}`));
    const [, url = '', , caFile = '', , tokenFile = ''] = api.admit(lab.host('m1'));
    reader = await lab.host('m1').start(process.execPath, [SCRIPT, url, caFile, tokenFile], { readyWhen: /started/ });
  }, 5 * MINUTE);
  afterAll(() => lab?.remove());

  it('are all handed over in pages', async () => {
    await until(() => lines().some(({ isComplete }) => isComplete === true));
    const pages = lines().flatMap(({ how, events }) => (how === 'listed' ? [events?.length ?? 0] : []));
    const names = Array.from({ length: MANY }, (_, index) => `e${index}`);

    print(`${MANY} events and others in pages of ${pages.join(', ')}`);
    expect(names.filter((name) => !told().has(name))).toEqual([]);
    expect(pages.slice(0, 2)).toEqual([500, 500]);
    expect(lines().filter(({ notice }) => notice !== undefined)).toEqual([]);
  });

  it(
    'are told as they come and count up, also after more than one watch',
    async () => {
      const startedAt = performance.now();
      await create(['new']);
      const createdAt = performance.now();
      await until(() => told().has('new'));
      print(`a new event came ${Math.max(0, Math.round(performance.now() - createdAt))} ms after kubectl was done`);
      await setCount('e7', 12);
      await until(() => told().get('e7') === 12);
      await sleep(75_000);
      await setCount('e8', 3);
      await until(() => told().get('e8') === 3);

      expect(performance.now() - startedAt).toBeGreaterThan(75_000);
      expect(lines().filter(({ listed }) => listed === true).length).toBeLessThanOrEqual(2);
      expect(lines().filter(({ isComplete }) => isComplete === false)).toEqual([]);
    },
    3 * MINUTE,
  );

  it(
    'are all told although the API server was killed, and what was written before the reader was back',
    async () => {
      const listsBefore = lines().filter(({ listed }) => listed === true).length;
      api.apiserver().kill('SIGKILL');
      await api.apiserver().ended;
      await sleep(25_000);
      expect(lines().at(-1)).toMatchObject({ isComplete: false });
      await api.startApiserver();
      const after = Array.from({ length: 100 }, (_, index) => `after-${index}`);
      await Promise.all([create(after), setCount('e9', 5)]);
      const backAt = performance.now();
      await until(() => after.every((name) => told().has(name)) && told().get('e9') === 5, 2 * MINUTE);
      await until(() => lines().findLast(({ isComplete }) => isComplete !== undefined)?.isComplete === true);
      print(
        `all was told ${Math.round(performance.now() - backAt)} ms after the API server was back and they were written`,
      );

      expect(lines().filter(({ listed }) => listed === true).length).toBeGreaterThan(listsBefore);
    },
    5 * MINUTE,
  );

  it(
    'cannot be read without the right, which is said once, and again when it is granted',
    async () => {
      await api.kubectl([
        'patch',
        'clusterrole',
        'meerkat',
        '--type=json',
        '-p',
        '[{"op":"remove","path":"/rules/1"}]',
      ]);
      await reader.stop();
      const [, url = '', , caFile = '', , tokenFile = ''] = api.admit(lab.host('m1'));
      reader = await lab.host('m1').start(process.execPath, [SCRIPT, url, caFile, tokenFile], { readyWhen: /started/ });
      const notices = (): readonly string[] => lines().flatMap(({ notice = [] }) => notice);
      await until(() => notices().length > 0);
      await sleep(10_000);
      expect(notices()).toEqual([expect.stringContaining('does not allow this agent to list and watch events')]);
      await api.equip();
      await until(() => lines().some(({ isComplete }) => isComplete === true));

      expect(notices().at(-1)).toContain('allows this agent to list and watch events now');
    },
    5 * MINUTE,
  );
});
