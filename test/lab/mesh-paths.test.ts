/**
 * What is between nodes that all live: a direction that is cut, packets that get lost, a path that lets only short ones
 * through, and clocks. Each is one finding on every host, in time, and nothing else is said. Loss takes minutes to be told
 * and to be over: with MEERKAT_LONG=1 only.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { boundMs } from '../../agent/runner/schedule.ts';
import { clock } from '../../checks/clock.ts';
import { reachability } from '../../checks/reachability.ts';
import { eventually } from '../lib/agent-process.ts';
import { type AgentCluster, QUIET_CHECKS, createAgentCluster, isWhole } from './lib/agents.ts';
import { startDue } from './lib/due.ts';
import { createLab } from './lib/lab/lab.ts';
import { isProgram } from './lib/daemon.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Said, type Saying, type Watch, createWatch, sleep, worst } from './lib/watch.ts';

const missing = whyNoLab() ?? (isProgram('faketime') ? undefined : 'faketime is not installed');
if (missing !== undefined) process.stderr.write(`mesh-paths: skipped, ${missing}\n`);

const ALL = ['n1', 'n2', 'n3', 'n4'];
const MINUTE = 60_000;
/** Changes of reports travel for so long at most; offsets of clocks with the next report, though nothing else changes. */
const SPREAD_MS = 5000;
const OFFSETS_MS = 35_000;
/** As one end finds it and both state it; see `mesh-verdicts.test.ts`. */
const LINK_MS = 10_000;
/** A path of which there is no doubt is tried so often, and a tenth later. */
const BROKEN_MS = 33_000;
/** With three peers a pair has its turn every two minutes. */
const TURN_MS = 125_000;
const LONG_MS = 30_000;
const CALM_MS = 15_000;
const CLOCK_MS = boundMs(clock);
const windowOf = (reason: keyof typeof reachability.reasons): number => reachability.reasons[reason].windowMs ?? 0;
const BOUND_MS = boundMs(reachability);

const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;

type Check = ApiNode['checks'][number];

describe.skipIf(missing !== undefined)('between nodes', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let watch: Watch;
  const host = (name: string): LabHost => lab.host(name);
  const clockFile = (on: LabHost): string => join(on.directory, 'clock');
  const setClock = (name: string, shift: string): void => writeFileSync(clockFile(host(name)), shift);
  const checkOf = async (name: string, id: string): Promise<Check | undefined> =>
    (await host(name).json<ApiNode>(`/api/v1/nodes/${name}`)).checks.find(({ check }) => check === id);
  const reasonsOf = async (name: string, id: string): Promise<string[]> =>
    ((await checkOf(name, id))?.problems ?? [])
      .map(({ reason, subject }) => `${reason} ${subject ?? ''}`.trim())
      .sort();

  /** Waits for what a node's own check says; prints how long that took, and asserts it. */
  const untilCheck = async (name: string, id: string, reasons: readonly string[], bound: number): Promise<void> => {
    const [due, began] = [startDue(lab.hosts), performance.now()];
    await eventually(
      () => reasonsOf(name, id),
      (said) => said.join() === reasons.join(),
      3 * bound,
    );
    const tookMs = Math.round(performance.now() - began);
    const said = (await checkOf(name, id))?.problems.map(({ message }) => message).join(' ');
    print(`${id} on ${name} says ${reasons.join() || 'nothing'} after ${tookMs} ms (bound ${bound} ms): ${said}`);
    expect(tookMs).toBeLessThan(due(bound));
  };
  const untilWell = (what: string): Promise<readonly Saying[]> =>
    watch.until(lab.hosts, what, (said) => isCalm(said), 2 * MINUTE);

  beforeAll(async () => {
    lab = await createLab({ hosts: ALL, ipv6: false });
    agents = createAgentCluster(lab.hosts);
    const start = async (on: LabHost): Promise<unknown> => {
      writeFileSync(clockFile(on), '+0');
      return agents.start(on, QUIET_CHECKS, { clockShiftFile: clockFile(on) });
    };
    await Promise.all(lab.hosts.map(start));
    watch = createWatch(lab.hosts);
  });
  beforeEach(async () => {
    await lab.heal();
    for (const name of ALL) setClock(name, '+0');
    await untilWell('all is well');
    const isOk = (checks: readonly (Check | undefined)[]): boolean => checks.every((one) => one?.status === 'ok');
    await eventually(
      () => Promise.all(ALL.flatMap((name) => ['reachability', 'clock'].map((id) => checkOf(name, id)))),
      isOk,
      MINUTE,
    );
  }, 4 * MINUTE);
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it('all is well: measured on every node, and cheap', async () => {
    watch.begin();
    await sleep(CALM_MS);
    expect(watch.others([])).toEqual([]);
    for (const name of ALL) {
      const [reached, time] = [await checkOf(name, 'reachability'), await checkOf(name, 'clock')];
      const value = (check: Check | undefined, reading: string): number | undefined =>
        check?.readings.find((one) => one.name === reading)?.value;
      print(
        `${name}: ${[...(reached?.readings ?? []), ...(time?.readings ?? [])].map((one) => `${one.name} ${one.value}`).join(', ')}`,
      );
      expect(value(reached, 'peers_count')).toBe(3);
      expect(value(reached, 'reached_count')).toBe(3);
      expect(Math.abs(value(time, 'offset_seconds') ?? 1)).toBeLessThan(0.1);
      expect(value(time, 'peers_count')).toBe(3);
    }
    const sized = await Promise.all(lab.hosts.map(sizePings));
    print(`datagrams that test a length, since the start: ${sized.join(', ')}`);
    expect(sized.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  it(
    'one direction cut: both ends say whom they do not reach, and that is no second finding',
    async () => {
      watch.begin();
      await lab.cut('n1', 'n2', { oneWay: true });
      const bound = BOUND_MS + windowOf('PeersUnreachable') + LINK_MS;
      const checks = Promise.all(
        ['n1', 'n2'].map((name) => untilCheck(name, 'reachability', ['PeersUnreachable'], bound)),
      );
      const told = await watch.until(lab.hosts, 'OneWayLink is found', finds('OneWayLink', 'n1+n2'));
      expect(worst(told)).toBeLessThan(watch.dueMs(LINK_MS));
      await checks;
      expect(await reasonsOf('n3', 'reachability')).toEqual([]);
      const expected = [/: n[12] is suspect$/, /: OneWayLink n1\+n2 warning$/, /: status degraded$/];
      expect(watch.others(expected)).toEqual([]);
      await lab.heal();
      await untilCheck('n1', 'reachability', [], BOUND_MS + SPREAD_MS);
    },
    5 * MINUTE,
  );

  it.skipIf(!IS_LONG)(
    'packets of one node get lost: it is named, by its own word and by that of the others',
    async () => {
      watch.begin();
      await lab.loss('n4', 0.3);
      const bound = BOUND_MS + windowOf('PacketLoss');
      const [told] = await Promise.all([
        watch.until(lab.hosts, 'PacketLoss is found', finds('PacketLoss', 'n4'), 3 * bound),
        untilCheck('n4', 'reachability', ['PacketLoss'], bound),
        untilCheck('n1', 'reachability', ['PathLossy n4'], bound),
      ]);
      expect(worst(told)).toBeLessThan(watch.dueMs(bound + SPREAD_MS));
      print(`n1: ${told[0]?.status.sentence}`);
      await sleep(CALM_MS);
      // Before its own word is heard, the others' make it the end that their paths have in common.
      expect(
        watch.others([/: PacketLoss n4(\+n\d)* warning$/, /: PacketLoss n\d\+n4 warning$/, /: status degraded$/]),
      ).toEqual([]);
      await lab.heal();
      watch.begin();
      await watch.until(lab.hosts, 'nothing gets lost any more', isCalm, 4 * MINUTE);
    },
    12 * MINUTE,
  );

  // A minute and a half.
  it.skipIf(!IS_LONG)(
    'only short datagrams pass between two nodes: the path is named',
    async () => {
      watch.begin();
      await lab.cut('n1', 'n3', { largerThanBytes: 1400 });
      const bound = BOUND_MS + TURN_MS + LONG_MS;
      const told = await watch.until(lab.hosts, 'PathMtuBroken is found', finds('PathMtuBroken', 'n1+n3'), 3 * bound);
      print(`n2: ${told[1]?.status.sentence}; ${told[1]?.status.findings[0]?.evidence.join()} (bound ${bound} ms)`);
      expect(worst(told)).toBeLessThan(watch.dueMs(bound + SPREAD_MS));
      await sleep(CALM_MS);
      expect(watch.others([/: PathMtuBroken n1\+n3 warning$/, /: status degraded$/])).toEqual([]);
      await lab.heal();
      watch.begin();
      const over = await watch.until(lab.hosts, 'long ones pass again', isCalm, 2 * MINUTE);
      expect(worst(over)).toBeLessThan(watch.dueMs(BROKEN_MS + BOUND_MS + SPREAD_MS));
    },
    12 * MINUTE,
  );

  it(
    'the clock of one node is set 30 s ahead, and right again',
    async () => {
      watch.begin();
      setClock('n2', '+30');
      const [told] = await Promise.all([
        watch.until(lab.hosts, 'ClockSkew is found', finds('ClockSkew', 'n2'), 3 * OFFSETS_MS),
        untilCheck('n2', 'clock', ['ClockSkewed'], CLOCK_MS),
      ]);
      print(`n1: ${told[0]?.status.sentence}; ${told[0]?.status.findings[0]?.evidence.join('; ')}`);
      expect(worst(told)).toBeLessThan(watch.dueMs(OFFSETS_MS));
      for (const name of ['n1', 'n3', 'n4']) expect(await reasonsOf(name, 'clock'), name).toEqual([]);
      await sleep(CALM_MS);
      const expected = [/: ClockSkew n2 warning$/, /: status degraded$/];
      expect(watch.others(expected)).toEqual([]);
      setClock('n2', '+0');
      watch.begin();
      const [over] = await Promise.all([
        watch.until(lab.hosts, 'the clock is right again', isCalm, 3 * OFFSETS_MS),
        untilCheck('n2', 'clock', [], CLOCK_MS),
      ]);
      expect(worst(over)).toBeLessThan(watch.dueMs(OFFSETS_MS));
      expect(watch.others(expected)).toEqual([]);
    },
    5 * MINUTE,
  );

  it(
    'all clocks are set at once: nobody is accused',
    async () => {
      watch.begin();
      for (const name of ALL) setClock(name, '+20');
      await sleep(2 * CALM_MS);
      // Not all read it in the same moment: for a second or two some have it and others not, which is true.
      const said = watch.others([]);
      for (const fact of said) print(fact);
      for (const name of ALL) expect(await reasonsOf(name, 'clock'), name).toEqual([]);
      await untilWell('all have the same time');
    },
    5 * MINUTE,
  );
});

describe.skipIf(missing !== undefined)('between two nodes', () => {
  it(
    'clocks that differ are told, and nobody is accused',
    async () => {
      await using lab = await createLab({ hosts: ['n1', 'n2'], ipv6: false });
      const agents = createAgentCluster(lab.hosts);
      await Promise.all(
        lab.hosts.map((on) => agents.start(on, QUIET_CHECKS, on.name === 'n2' ? { clockShiftSeconds: 30 } : {})),
      );
      const watch = createWatch(lab.hosts);
      try {
        const isTold = ({ status: { findings } }: Said): boolean =>
          findings.some(
            ({ reason, nodes, sentence }) =>
              reason === 'ClockSkew' && nodes?.join() === 'n1,n2' && sentence.includes('which of them is wrong'),
          );
        const told = await watch.until(lab.hosts, 'clocks that differ', isTold, MINUTE);
        print(`n1: ${told[0]?.status.sentence}; ${told[0]?.status.findings[0]?.evidence.join('; ')}`);
        expect(told[0]?.status.findings.filter(({ severity }) => severity !== 'info')).toHaveLength(1);
      } finally {
        await watch.stop();
      }
    },
    3 * MINUTE,
  );
});

const sizePings = async (host: LabHost): Promise<number> => {
  const { body } = await host.fetch('/metrics');
  return Number(/^meerkat_mesh_probes_total\{.*kind="size-ping".*\} (\d+)$/m.exec(body)?.[1] ?? 0);
};

const isCalm = ({ status, states }: Said): boolean =>
  isWhole(status, ALL.length) &&
  status.findings.length === 0 &&
  Object.values(states).every((state) => state === 'alive');

const finds =
  (reason: string, nodes: string) =>
  ({ status: { findings } }: { readonly status: ApiStatus }): boolean =>
    findings.some((one) => one.reason === reason && (one.nodes ?? [one.node]).join('+') === nodes);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
