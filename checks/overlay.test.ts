import { describe, expect, it } from 'vitest';
import { testContext } from './lib/testing.ts';
import { overlay } from './overlay.ts';
import type { OverlayPath, OverlayView } from './types.ts';

const aPath = (node: string, more: Partial<OverlayPath> = {}): OverlayPath => ({
  node,
  address: `10.244.0.${node.slice(1)}`,
  short: { misses: 0, lost: 0, sent: 10 },
  full: { bytes: 1450, misses: 0, lost: 0, sent: 10 },
  rttMs: 0.5,
  ...more,
});
const silent = (node: string, misses = 12): OverlayPath =>
  aPath(node, { short: { misses, lost: Math.min(10, misses), sent: 10 }, full: longOnes(misses) });
const longOnes = (misses: number) => ({ bytes: 1450, misses, lost: Math.min(10, misses), sent: 10 });
const known = (paths: readonly OverlayPath[], reached = true): OverlayView => ({ kind: 'known', reached, paths });
const look = (view: OverlayView) => overlay.run(testContext(overlay, { overlay: () => view }));

it('is absent without a responder, and unknown with one that is silent', async () => {
  expect(await look({ kind: 'none', why: 'no overlay responder has called this agent' })).toEqual({
    status: 'absent',
    why: 'no overlay responder has called this agent',
  });
  expect(await look({ kind: 'unknown', why: 'it has not called for 9 s' })).toMatchObject({
    status: 'unknown',
    why: 'it has not called for 9 s',
  });
});

it('is ok where all answer, where there is nobody to ping, and where none was pinged yet', async () => {
  expect(await look(known([aPath('w1')]))).toEqual({
    status: 'ok',
    readings: [
      { name: 'rtt_seconds', subject: 'w1', value: 0.0005 },
      { name: 'loss_ratio', subject: 'w1', value: 0 },
      { name: 'peers_count', value: 1 },
      { name: 'broken_count', value: 0 },
    ],
  });
  expect(await look(known([], false))).toMatchObject({ status: 'ok' });
  expect(await look(known([aPath('w1', { short: { misses: 0, lost: 0, sent: 0 } })]))).toMatchObject({
    status: 'ok',
    readings: [
      { name: 'peers_count', value: 0 },
      { name: 'broken_count', value: 0 },
    ],
  });
});

it('is ok for as long as a responder may take to be replaced', async () => {
  expect(await look(known([silent('w1', 11), aPath('w2')]))).toMatchObject({ status: 'ok' });
});

it('has patience with a pod that never answered: its node may have just joined', async () => {
  const fresh = (misses: number): OverlayPath => {
    const { rttMs: _rttMs, full: _full, ...path } = silent('w1', misses);
    return path;
  };
  expect(await look(known([fresh(29), aPath('w2')]))).toMatchObject({ status: 'ok' });
  expect(await look(known([fresh(30), aPath('w2')]))).toMatchObject({ problems: [{ reason: 'OverlayPathBroken' }] });
});

it('names the nodes whose pods do not answer', async () => {
  expect(await look(known([silent('w1'), aPath('w2')]))).toMatchObject({
    status: 'problem',
    problems: [
      {
        reason: 'OverlayPathBroken',
        subject: 'w1',
        message: '10.244.0.1 on w1 has not answered 12 pings in a row over the overlay; the node itself answers.',
      },
    ],
  });
});

it('is cut off where nobody answers any more', async () => {
  const all = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6'].map((name) => silent(name));
  expect(await look(known(all))).toMatchObject({
    status: 'problem',
    problems: [
      {
        reason: 'OverlayCutOff',
        message: 'No pod answers on any of 6 nodes (w1, w2, w3, w4 and 2 more), which the agents reach.',
      },
    ],
  });
});

it('does not tell which of two is cut off', async () => {
  expect(await look(known([silent('w1')]))).toMatchObject({ problems: [{ reason: 'OverlayPathBroken' }] });
});

it('proves nothing where no other was ever reached', async () => {
  expect(await look(known([silent('w1'), silent('w2')], false))).toMatchObject({
    status: 'unknown',
    why: 'no pod of another node has ever answered this one’s (w1 and w2): a NetworkPolicy that does not let 7577/udp pass, or a network that never worked',
  });
});

describe('where only short datagrams pass', () => {
  const long = (misses: number) => ({ bytes: 1450, misses, lost: misses, sent: 10 });
  it('says so', async () => {
    expect(await look(known([aPath('w1', { full: long(12) })]))).toMatchObject({
      problems: [
        {
          reason: 'OverlayMtuBroken',
          subject: 'w1',
          message:
            'Datagrams of 1,450 bytes to 10.244.0.1 on w1 were not answered 12 times in a row, while short ones were.',
        },
      ],
    });
  });
  it.each<[string, OverlayPath]>([
    ['not for long', aPath('w1', { full: long(11) })],
    ['and short ones get lost, too', aPath('w1', { full: long(12), short: { misses: 1, lost: 3, sent: 10 } })],
  ])('does not say so %s', async (_, path) => {
    expect(await look(known([path]))).toMatchObject({ status: 'ok' });
  });
  it('does not look where an MTU is not known', async () => {
    const { full: _full, ...path } = aPath('w1');
    expect(await look(known([path]))).toMatchObject({ status: 'ok' });
  });
});
