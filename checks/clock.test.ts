import { describe, expect, it } from 'vitest';
import { clock } from './clock.ts';
import { type FakeFile, fakeHostFiles, testContext } from './lib/testing.ts';
import type { EdgesView, PeerEdge } from './types.ts';

/** A node whose clock is so far ahead of this one. */
const ahead = (node: string, offsetMs: number, uncertaintyMs = 1): PeerEdge => ({
  node,
  state: 'good',
  forMs: 60_000,
  clock: { offsetMs, uncertaintyMs },
});
const look = (view: EdgesView, files: Record<string, FakeFile> = {}) =>
  clock.run(testContext(clock, { edges: () => view, host: fakeHostFiles(files) }));
const among = (...peers: readonly PeerEdge[]) => look({ kind: 'known', peers });

it('is absent where nobody else is known, and unknown while that is not known', async () => {
  expect(await look({ kind: 'none', why: 'no other agent is known' })).toEqual({
    status: 'absent',
    why: 'no other agent is known',
  });
  expect(await look({ kind: 'unknown', why: 'not joined yet' })).toMatchObject({
    status: 'unknown',
    why: 'not joined yet',
  });
});

it('is unknown where nobody tells its time, and blames the agent for nothing', async () => {
  const { clock: _clock, ...mute } = ahead('n2', 0);
  const views: readonly (readonly PeerEdge[])[] = [[], [mute], [{ ...ahead('n2', 30_000), state: 'lost' }]];
  for (const peers of views)
    expect(await among(...peers)).toEqual({
      status: 'unknown',
      why: 'no other agent that answers has told its time',
      readings: [{ name: 'peers_count', value: 0 }],
    });
  expect(clock.looksThrough).toBe('peers');
});

it('measures how far it is from the median of the others', async () => {
  expect(await among(ahead('n2', -2), ahead('n3', -4, 3), ahead('n4', 400, 1))).toEqual({
    status: 'ok',
    readings: [
      { name: 'offset_seconds', value: 0.002 },
      { name: 'uncertainty_seconds', value: 0.001 },
      { name: 'peers_count', value: 3 },
    ],
  });
  expect(await among(ahead('n2', 0), ahead('n3', 0))).toMatchObject({
    readings: [{ name: 'offset_seconds', value: 0 }, {}, {}],
  });
});

describe('ClockSkewed', () => {
  it('is a clock that most others contradict to the same side', async () => {
    expect(await among(ahead('n2', -30_000), ahead('n3', -30_001, 2), ahead('n4', 0))).toMatchObject({
      status: 'problem',
      problems: [
        { reason: 'ClockSkewed', message: 'This clock is 30 s ± 2 ms ahead of those of 2 of 3 nodes (n2 and n3).' },
      ],
    });
    expect(await among(ahead('n2', 3_600_000), ahead('n3', 3_600_000))).toMatchObject({
      problems: [{ message: 'This clock is 60 min ± 1 ms behind those of 2 of 2 nodes (n2 and n3).' }],
    });
  });

  it.each<[string, readonly PeerEdge[]]>([
    ['another one is wrong', [ahead('n2', 30_000), ahead('n3', 0)]],
    ['half of the others are', [ahead('n2', 30_000), ahead('n3', 30_000), ahead('n4', 0), ahead('n5', 0)]],
    ['others are wrong to both sides', [ahead('n2', 30_000), ahead('n3', -30_000)]],
    ['it is within the bound', [ahead('n2', 499), ahead('n3', 499)]],
    ['the way there and back is too long to tell', [ahead('n2', 900, 600), ahead('n3', 900, 600)]],
    [
      'who said so does not answer any more',
      [{ ...ahead('n2', 30_000), state: 'refused' }, ahead('n3', 0), ahead('n4', 0)],
    ],
  ])('is not told when %s', async (_, peers) => {
    expect(await among(...peers)).toMatchObject({ status: 'ok' });
  });

  it('says what the time service says of itself', async () => {
    const peers = [ahead('n2', 30_000), ahead('n3', 30_000)];
    const messageOf = async (files: Record<string, FakeFile>) => {
      const outcome = await look({ kind: 'known', peers }, files);
      return outcome.status === 'problem' ? outcome.problems[0].message : '';
    };
    const hint = 'systemd-timesyncd runs here and has not set the clock since it started.';
    expect(await messageOf({ '/run/systemd/timesync/': '' })).toContain(hint);
    for (const files of [{ '/run/systemd/timesync/synchronized': '' }, {}])
      expect(await messageOf(files)).not.toContain('timesyncd');
  });
});

it('cannot tell which of two clocks is wrong, and says so', async () => {
  expect(await among(ahead('n2', -30_000))).toMatchObject({
    problems: [
      {
        reason: 'ClocksDiffer',
        subject: 'n2',
        message: 'The clock of n2 is 30 s ± 1 ms behind this one; which of them is wrong the two cannot tell.',
      },
    ],
  });
  expect(await among(ahead('n2', 600_000))).toMatchObject({
    problems: [{ message: expect.stringContaining('10 min ± 1 ms ahead of this one') }],
  });
  expect(await among(ahead('n2', 499))).toMatchObject({ status: 'ok' });
});

it.each<[string, PeerEdge]>([
  ['no number', ahead('n9', Number.NaN)],
  ['more than any clock', ahead('n9', 1e300)],
  ['an uncertainty that is none', ahead('n9', 30_000, -1)],
  ['an endless one', ahead('n9', 30_000, Infinity)],
])('does not listen to %s', async (_, odd) => {
  expect(await among(odd, odd, odd, ahead('n2', 1), ahead('n3', 1))).toMatchObject({
    status: 'ok',
    readings: [{ value: -0.001 }, {}, { value: 2 }],
  });
});

it.each<[string, Record<string, FakeFile>, number | undefined]>([
  ['has set the clock', { '/run/systemd/timesync/synchronized': '' }, 1],
  ['runs and has not', { '/run/systemd/timesync/': '' }, 0],
  ['is another one', {}, undefined],
  ['may not be looked at', { '/run/systemd/timesync/synchronized': { error: 'EACCES' } }, undefined],
])('reads whether systemd-timesyncd %s', async (_, files, value) => {
  const outcome = await look({ kind: 'known', peers: [ahead('n2', 0)] }, files);
  const readings = 'readings' in outcome ? outcome.readings : [];
  expect(outcome.status).toBe('ok');
  expect(readings?.find(({ name }) => name === 'synchronized_count')?.value).toBe(value);
});

it('does not wait for a disk that is dead', async () => {
  const host = { ...fakeHostFiles({}), exists: () => new Promise<boolean>(() => {}) };
  const edges = (): EdgesView => ({ kind: 'known', peers: [ahead('n2', 0)] });
  expect(await clock.run(testContext(clock, { edges, host }))).toMatchObject({ status: 'ok' });
});
