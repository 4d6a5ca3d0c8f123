/**
 * An API that is dead, hangs, or answers nonsense, while agents start and stop: nothing is lost, nothing waits for it, and
 * memory stays flat. Each trouble takes five minutes with `MEERKAT_LONG=1`, and some seconds without.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, membersOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents, kubernetesOf } from './lib/kube-agents.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-trouble: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2', 'w3'];
const MINUTE = 60_000;
const TROUBLE_MS = process.env['MEERKAT_LONG'] === undefined ? 25_000 : 5 * MINUTE;
const SHORT_MS = 10_000;
const MIB = 1024 * 1024;
/** Of an agent that is not started again meanwhile; V8 keeps what it had for a while. */
const GROWTH_BYTES = 32 * MIB;
/** The status is served from memory. */
const ANSWER_MS = 1000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('an API in trouble', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  const untilWhole = (): Promise<void> => agents.untilWhole(MINUTE);

  const untilRead = (isCurrent: boolean): Promise<unknown> =>
    Promise.all(
      lab.hosts.map((host) =>
        eventually(
          () => kubernetesOf(host),
          (one) => one?.current === isCurrent,
          4 * MINUTE,
        ),
      ),
    );
  const rssOf = (name: string): number => agents.running.get(name)?.usage().rssBytes ?? 0;

  /** Agents start anew all the time, and all that is known is told, and at once. */
  const live = async (forMs: number): Promise<void> => {
    const end = performance.now() + forMs;
    let slowestMs = 0;
    for (let round = 0; performance.now() < end; round += 1) {
      const host = lab.host(round % 2 === 0 ? 'w2' : 'w3');
      await agents.running.get(host.name)?.stop();
      await agents.start(host);
      await untilWhole();
      for (let count = 0; count < 10; count += 1) {
        const began = performance.now();
        const members = await membersOf(lab.host('w1'));
        slowestMs = Math.max(slowestMs, performance.now() - began);
        expect(members.members.map(({ node }) => node).sort()).toEqual([...NAMES].sort());
        expect(members.kubernetes?.withoutAgent ?? []).not.toContain('w1');
        await sleep(200);
      }
    }
    print(`slowest answer: ${Math.round(slowestMs)} ms`);
    expect(slowestMs).toBeLessThan(2 * ANSWER_MS);
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    for (const name of NAMES) await api.addNode(name);
    agents = createKubeAgents(api, lab.hosts, QUIET_CHECKS);
    await Promise.all(lab.hosts.map(agents.start));
    await untilWhole();
    await untilRead(true);
  }, 4 * MINUTE);
  afterAll(() => lab?.remove());

  const killApi = async (): Promise<void> => {
    api.apiserver().kill('SIGKILL');
    await api.apiserver().ended;
  };

  const troubles: readonly {
    readonly title: string;
    readonly begin: () => Promise<unknown>;
    readonly end: () => Promise<unknown>;
  }[] = [
    { title: 'killed', begin: killApi, end: () => api.startApiserver() },
    {
      title: 'frozen',
      begin: async () => api.apiserver().freeze(),
      end: async () => api.apiserver().thaw(),
    },
    ...(['500', 'slow'] as const).map((how) => {
      let sick: LabProcess | undefined;
      return {
        title: how === '500' ? 'that answers 500' : 'that answers after 30 s',
        async begin() {
          await killApi();
          sick = await api.startSick(how);
        },
        async end() {
          await sick?.stop(1000);
          await api.startApiserver();
        },
      };
    }),
    {
      title: 'whose certificate has expired',
      async begin() {
        await killApi();
        await api.startApiserver('expired');
      },
      async end() {
        await killApi();
        await api.startApiserver();
      },
    },
  ];

  it.each(troubles)(
    '$title: agents know what they knew, start, and answer; afterwards they read again',
    async ({ title, begin, end }) => {
      const before = rssOf('w1');
      await begin();
      await live(TROUBLE_MS);
      const after = rssOf('w1');
      print(`${title}: memory of w1 ${Math.round(before / MIB)} → ${Math.round(after / MIB)} MiB`);
      expect(after - before).toBeLessThan(GROWTH_BYTES);
      await end();
      const mended = performance.now();
      await untilRead(true);
      print(`${title}: read again after ${Math.round((performance.now() - mended) / 1000)} s`);
      await untilWhole();
    },
    TROUBLE_MS + 6 * MINUTE,
  );

  it(
    'to which all tokens have expired: said once, and read again with new ones',
    async () => {
      const token = await api.shortToken(SHORT_MS);
      for (const host of lab.hosts) api.setToken(host, token);
      await sleep(SHORT_MS + 2000);
      await live(TROUBLE_MS);
      const missingRights = async (): Promise<readonly (readonly string[])[]> =>
        Promise.all(lab.hosts.map(async (host) => (await kubernetesOf(host))?.missingRights ?? []));
      const said = await eventually(missingRights, (all) => all.flat().includes('to be known by its token'), MINUTE);
      print(`missing: ${JSON.stringify(said)}`);
      for (const host of lab.hosts) api.admit(host);
      await eventually(missingRights, (all) => all.flat().length === 0, 10 * MINUTE);
      await untilRead(true);
      await untilWhole();
    },
    TROUBLE_MS + 15 * MINUTE,
  );
});
