import { describe, expect, it } from 'vitest';
import { readRules } from '../../alerts/rules/read-rules.ts';
import { replay } from '../../alerts/rules/replay.ts';
import type { ApiEventSightings } from '../../http/contract/events.ts';
import { askPast } from './past.ts';
import { jsonReport, renderReport } from './report.ts';

const TO = Date.UTC(2026, 0, 2);
const FROM = TO - 24 * 3_600_000;
const MINUTE = 60_000;

type Sighting = ApiEventSightings['sightings'][number];
const sighting = (at: number, count: number): Sighting => ({
  uid: 'e-1',
  type: 'Warning',
  reason: 'BackOff',
  message: 'it fell',
  kind: 'Pod',
  namespace: 'prod',
  name: 'api',
  component: 'kubelet',
  node: 'n1',
  first: new Date(FROM).toISOString(),
  at: new Date(at).toISOString(),
  count,
  added: 1,
});

/** An agent with these, the latest first, at most `limit` of them. */
function agent(sightings: readonly Sighting[], more: Partial<ApiEventSightings> = {}) {
  const asked: string[] = [];
  const question = (path: string): Promise<string> => {
    asked.push(path);
    const url = new URL(path, 'http://agent');
    const time = (name: string): number => Date.parse(url.searchParams.get(name) ?? '');
    const limit = Number(url.searchParams.get('limit'));
    if (url.pathname === '/api/v1/timeline') {
      const raised = { sequence: 1, at: new Date(FROM + MINUTE).toISOString(), node: 'n2', kind: 'raised' };
      const events = [
        { ...raised, sequence: 2, kind: 'agent-started', message: 'began' },
        { ...raised, check: 'etcd', reason: 'EtcdSlow', severity: 'warning', message: 'slow' },
      ];
      return Promise.resolve(JSON.stringify({ events }));
    }
    const those = sightings
      .filter(({ at }) => Date.parse(at) >= time('since') && Date.parse(at) < time('until'))
      .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
    const feed = { state: 'current', sentence: '', standbys: [] };
    const answer = { from: ['m1'], cut: those.length > limit, feed, sightings: those.slice(0, limit), ...more };
    return Promise.resolve(JSON.stringify(answer));
  };
  return { asked, question };
}

const RULES = `rules:
  - {name: five, type: frequency, source: events, queryKey: object, numEvents: 5, timeframeMinutes: 5, realertMinutes: 60}
  - {name: many, type: frequency, source: events, queryKey: object, numEvents: 60, timeframeMinutes: 5}
  - {name: quiet, type: flatline, source: logs, threshold: 1, timeframeMinutes: 5}
  - {name: etcd, type: any, source: checks, where: {check: etcd}}
`;

async function reportOf(question: (path: string) => Promise<string>) {
  const read = readRules(RULES, 'rules.yaml');
  if ('mistakes' in read) throw new Error(read.mistakes.join('\n'));
  const past = await askPast(question, ['events', 'logs', 'checks'], FROM, TO);
  return { past, tried: replay(read.rules, past) };
}

describe('meerkat rules test', () => {
  it('says for each rule what would have been told, when, and the number that was met', async () => {
    const all = Array.from({ length: 8 }, (_, index) => sighting(FROM + (30 + index) * MINUTE, index + 1));
    expect(renderReport(await reportOf(agent(all).question))).toBe(`Tried on 1d until 2026-01-02 00:00:00 UTC.
events: 8 of m1.
checks: 1 of n2.

five (frequency, rules.yaml line 2)
  1 alert, told 1 time, 1 in the hour with most.
  the most within 5m: 5, of prod/api.
  2026-01-01 00:34:00 UTC  Pod prod/api BackOff ×5: it fell

many (frequency, rules.yaml line 3)
  would have told nothing.
  the most within 5m: 5, of prod/api.
  components write about 26 events of one object within its time at most: 60 are hardly ever met.

quiet (flatline, rules.yaml line 4)
  cannot be tried: there is no history of logs.

etcd (any, rules.yaml line 5)
  1 alert, told 1 time, 1 in the hour with most.
  2026-01-01 00:01:00 UTC  etcd on n2 EtcdSlow raised ×1: slow
`);
  });

  it('asks page by page, and takes each sighting once', async () => {
    // Several in one millisecond, over the edges of pages.
    const all = Array.from({ length: 2500 }, (_, index) => sighting(FROM + Math.floor(index / 3) * 1000, index + 1));
    const { asked, question } = agent(all);
    const { past } = await reportOf(question);
    expect(past.found[0]).toEqual({ source: 'events', count: 2500, from: ['m1'] });
    expect(asked.filter((path) => path.includes('sightings'))).toHaveLength(3);
    expect(past.sources.events?.state).toEqual({ completeSince: FROM });
  });

  it('says what may be missing, and then misses nothing in events', async () => {
    const { past } = await reportOf(agent([], { missing: 'm1 could not be asked' }).question);
    expect(past.found[0]).toMatchObject({ count: 0, missing: 'm1 could not be asked' });
    expect(past.sources.events?.state).toEqual({ why: 'm1 could not be asked' });
    const stale = { state: 'stale' as const, sentence: 'Events are stale.', standbys: [] as string[] };
    const report = await reportOf(agent([], { feed: stale }).question);
    expect(renderReport(report)).toContain('events: 0 of m1. This may not be all: Events are stale.');
  });

  it('gives programs the same', async () => {
    const all = Array.from({ length: 8 }, (_, index) => sighting(FROM + (30 + index) * MINUTE, index + 1));
    const report = JSON.parse(jsonReport(await reportOf(agent(all).question))) as { rules: object[] };
    expect(report.rules[0]).toMatchObject({
      name: 'five',
      told: 1,
      extreme: { count: 5, key: 'prod/api' },
      tellings: [{ at: '2026-01-01T00:34:00.000Z', key: 'prod/api', round: 1 }],
    });
    expect(report.rules[2]).toMatchObject({ name: 'quiet', hasPast: false });
  });
});
