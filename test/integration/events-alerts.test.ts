/** Events of the cluster, alerts and rules: over real HTTP, and as a person asks for them. */
import { execFile } from 'node:child_process';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClusterEvents, ClusterEventsSchema, EventSightingsSchema } from '../../agent/http/contract/events.ts';
import { type ApiAlerts, AlertsSchema, RulesSchema } from '../../agent/http/contract/alerts.ts';
import { aClusterEvent, aFeed, aRuleAlert, aRuleState, fakeEvents, fakeRules } from '../lib/events.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';

const now = Date.now();
const EVENTS = [
  aClusterEvent({ uid: 'e-1', at: now - 60_000 }),
  aClusterEvent({ uid: 'e-2', type: 'Normal', reason: 'SuccessfulRescale', kind: 'Deployment', at: now - 30_000 }),
  // Of a machine whose clock is ahead.
  aClusterEvent({ uid: 'e-3', reason: 'NodeNotReady', kind: 'Node', namespace: '', name: 'n3', at: now + 90_000 }),
  aClusterEvent({ uid: 'e-4', at: now - 2 * 3_600_000 }),
];
const events = fakeEvents(EVENTS, aFeed({ heardAt: now }));
const UNKNOWN = aRuleState({ name: 'quiet', state: 'unknown', why: 'its log cannot be read', firing: 0 });
const [FIRING, OVER] = [aRuleAlert(), aRuleAlert({ rule: 'node-events', endedAt: now })];

const meerkat = (args: readonly string[], port: number): Promise<{ code: unknown; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, MEERKAT_HTTP_PORT: String(port) };
    execFile(process.execPath, ['agent/main.ts', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

let server: FixtureServer;
let bare: FixtureServer;
beforeAll(async () => {
  server = await startFixtureServer(
    {},
    {
      events,
      rules: fakeRules([FIRING, OVER], [aRuleState(), UNKNOWN], { path: '/r.yaml', mistakes: ['line 3: no'] }),
    },
  );
  bare = await startFixtureServer();
});
afterAll(() => Promise.all([server.stop(), bare.stop()]));
const get = (path: string, at = server): Promise<Response> => fetch(`${at.url}/api/v1/${path}`);
const uidsOf = async (path: string): Promise<string[]> =>
  ((await (await get(path)).json()) as ApiClusterEvents).events.map(({ uid }) => uid);

describe('events over HTTP', () => {
  it('are those of an hour, also of clocks that are ahead', async () => {
    const body: unknown = await (await get('events')).json();
    expect([...Value.Errors(ClusterEventsSchema, body)]).toEqual([]);
    expect(await uidsOf('events')).toEqual(['e-3', 'e-2', 'e-1']);
    expect(await uidsOf('events?since=-3h')).toEqual(['e-3', 'e-2', 'e-1', 'e-4']);
    expect(await uidsOf('events?since=-3h&until=-1h')).toEqual(['e-4']);
    expect([...Value.Errors(EventSightingsSchema, await (await get('events/sightings')).json())]).toEqual([]);
  });

  it.each([
    ['type=Normal', ['e-2']],
    ['reason=NodeNotReady', ['e-3']],
    ['kind=Pod', ['e-1']],
    ['namespace=prod', ['e-2', 'e-1']],
    ['name=n3', ['e-3']],
    ['uid=p-2', []],
    ['node=node-b&limit=1', ['e-3']],
  ])('are asked for with %s', async (query, uids) => {
    expect(await uidsOf(`events?${query}`)).toEqual(uids);
  });

  it('of a wrong question say what to ask', async () => {
    for (const [query, words] of [
      ['since=yesterday', 'an instant like'],
      ['since=now&until=-1h', 'must be before until'],
      ['namespace=Prod_1', 'a name of Kubernetes'],
      ['limit=0', 'from 1 to 1000'],
      ['severity=high', 'allowed are namespace, kind'],
    ] as const) {
      const answer = await get(`events?${query}`);
      expect(answer.status).toBe(400);
      expect(((await answer.json()) as { message: string }).message).toContain(words);
    }
  });

  it('are 200 where there are none, and why', async () => {
    const answer = await get('events?format=text', bare);
    expect(answer.status).toBe(200);
    expect((await answer.text()).trimEnd().split('\n').at(-1)).toBe(
      'There are no events, because nobody could read them here: this agent asks no Kubernetes API for them.',
    );
  });

  it('of whoever does not come back are 503 for the ninth who asks', async () => {
    const deaf = await startFixtureServer({}, { events: { ...events, events: () => new Promise(() => {}) } });
    const ended = new AbortController();
    const hung = Array.from({ length: 8 }, () =>
      fetch(`${deaf.url}/api/v1/events`, { signal: ended.signal }).catch(() => undefined),
    );
    await expect.poll(async () => (await get('events', deaf)).status).toBe(503);
    ended.abort();
    await Promise.all(hung);
    await deaf.stop();
  });
});

describe('alerts and rules over HTTP', () => {
  it('are what fires, what was over and what is unknown', async () => {
    const body = (await (await get('alerts')).json()) as ApiAlerts;
    expect([...Value.Errors(AlertsSchema, body)]).toEqual([]);
    expect(body).toMatchObject({ firing: 1, unknown: [{ rule: 'quiet', why: 'its log cannot be read' }] });
    for (const [firing, rules] of [
      ['true', ['warning-events']],
      ['false', ['node-events']],
    ] as const)
      expect(
        ((await (await get(`alerts?firing=${firing}`)).json()) as ApiAlerts).alerts.map(({ rule }) => rule),
      ).toEqual(rules);
    expect((await get('alerts?firing=yes')).status).toBe(400);
    expect([...Value.Errors(RulesSchema, await (await get('rules')).json())]).toEqual([]);
    expect(await (await get('rules', bare)).json()).toMatchObject({ rules: [], missing: 'this agent judges no rules' });
  });
});

describe('a person', () => {
  it('asks for events, and for those as JSON', async () => {
    const plain = await meerkat(['events', '-n', 'prod', '--reason', 'BackOff'], server.port);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toMatch(
      /^AGO +TYPE.*\n1m.* Warning +BackOff +Pod prod\/api-7d9f \(app\) +×7 .*\n\nEvents as of /,
    );
    const json = await meerkat(['events', '--since', '3h', '--limit', '1', '--json'], server.port);
    expect(JSON.parse(json.stdout)).toMatchObject({ cut: true, events: [{ uid: 'e-3' }] });
    expect((await meerkat(['events', '--sightings'], server.port)).stdout).toMatch(/^SEEN /);
    expect((await meerkat(['events'], bare.port)).code).toBe(0);
  });

  it.each([
    ['something fires', ['alerts'], 1, /^1 alert fires; 1 rule is unknown\.\n\nSEVERITY[^]* over [^]*UNKNOWN {2}that/],
    ['only what fires', ['alerts', '--firing'], 1, /^1 alert fires(?![^]* over )/],
    ['the file has mistakes', ['rules'], 1, /^RULE[^]*UNKNOWN {2}that[^]*\/r\.yaml has 1 mistake/],
  ])('is told that %s', async (_, args, code, text) => {
    expect(await meerkat(args, server.port)).toEqual({
      code,
      stdout: expect.stringMatching(text) as string,
      stderr: '',
    });
    expect(JSON.parse((await meerkat([...args, '--json'], server.port)).stdout)).toHaveProperty('at');
  });

  it('is told 0 where all is well, and 2 where nobody knows', async () => {
    const well = await startFixtureServer({}, { rules: fakeRules([OVER], [aRuleState({ state: 'ok', firing: 0 })]) });
    expect([
      (await meerkat(['alerts'], well.port)).code,
      (await meerkat(['rules'], well.port)).code,
      (await meerkat(['alerts'], bare.port)).code,
      (await meerkat(['rules'], bare.port)).code,
    ]).toEqual([0, 0, 2, 2]);
    await well.stop();
    for (const command of ['events', 'alerts', 'rules']) {
      const silent = await meerkat([command], 1);
      expect(silent).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^No agent listens at/) as string });
      const next = await meerkat([command, '--from', `127.0.0.1:1,127.0.0.1:${server.port}`], 1);
      expect([next.code, next.stderr.split('\n').length]).toEqual([command === 'events' ? 0 : 1, 2]);
      expect((await meerkat([command, '--bad'], server.port)).code).toBe(64);
      expect((await meerkat([command, '--help'], server.port)).stdout).toMatch(/^Usage: meerkat [^]*Exit codes: 0 /);
    }
    expect((await meerkat(['events', '--limit', '0'], server.port)).code).toBe(64);
  });
});
