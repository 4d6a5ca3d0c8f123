import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../test/lib/fake-clock.ts';
import type { Connect, FetchFailure } from '../checks/types.ts';
import { createLog } from './base/log.ts';
import type { PeerWay } from './model/ports.ts';
import { type WatchedPorts, createPortWatch, watchedPorts } from './port-watch.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const way = (node: string, more: Partial<PeerWay> = {}): PeerWay => ({
  node,
  addresses: [`10.0.0.${node.slice(1)}:7576`],
  state: 'good',
  forMs: HOUR,
  isConnected: true,
  ...more,
});

/** `fails` holds what becomes of a connection to a place; every other one is opened. */
function setUp(ways: readonly PeerWay[], { http }: Pick<WatchedPorts, 'http'> = { http: 7575 }) {
  const clock = createFakeClock();
  const state = { ways, fails: new Map<string, FetchFailure>(), asked: [] as string[], changes: 0 };
  const connect: Connect = async ({ host, port }) => {
    const place = `${host}:${port}`;
    state.asked.push(place);
    const failure = state.fails.get(place) ?? state.fails.get(`*:${port}`);
    return failure === undefined
      ? { kind: 'connected', durationMs: 1 }
      : { kind: 'failure', failure, message: `${place}: ${failure}` };
  };
  const watch = createPortWatch(
    { http, gossip: 7576 },
    {
      clock,
      log: createLog('silent', 'n0'),
      random: () => 0.5,
      connect: () => connect,
      ways: () => state.ways,
      onChange: () => (state.changes += 1),
    },
  );
  watch.start();
  return { clock, state, watch };
}

describe('the port of status and pages', () => {
  it('is tried at two peers a minute and a half after the start, and every hour', async () => {
    const { clock, state, watch } = setUp([way('n1'), way('n2'), way('n3')]);
    await clock.advance(89_000);
    expect(state.asked).toEqual([]);
    await clock.advance(1000);
    expect(state.asked).toEqual(['10.0.0.1:7575', '10.0.0.2:7575']);
    await clock.advance(HOUR - 1000);
    expect(state.asked).toHaveLength(2);
    await clock.advance(31_000);
    expect(state.asked).toHaveLength(4);
    expect([watch.blocked(), state.changes]).toEqual([[], 0]);
  });

  it.each([
    ['timeout', 'silent'],
    ['unreachable', 'silent'],
    ['refused', 'refused'],
  ] as const)('is blocked when nobody who was asked answers, twice: %s', async (failure, how) => {
    const { clock, state, watch } = setUp([way('n2'), way('n1')]);
    state.fails.set('*:7575', failure);
    await clock.advance(90_000);
    expect(watch.blocked()).toEqual([]);
    const since = clock.now();
    await clock.advance(30_000);
    expect(watch.blocked()).toEqual([{ port: 7575, purpose: 'http', peers: ['n1', 'n2'], how, since }]);
    expect(state.changes).toBe(1);

    await clock.advance(6 * MINUTE);
    state.fails.clear();
    await clock.advance(5 * MINUTE);
    expect([watch.blocked(), state.changes]).toEqual([[], 2]);
  });

  it('is not blocked when one of those that were asked answers, or it was this process that had no time', async () => {
    const { clock, state, watch } = setUp([way('n1'), way('n2')]);
    state.fails.set('10.0.0.1:7575', 'timeout');
    await clock.advance(2 * HOUR);
    state.fails.set('10.0.0.2:7575', 'aborted');
    await clock.advance(2 * HOUR);
    expect([watch.blocked(), state.changes]).toEqual([[], 0]);
  });

  it('is not tried at peers that do not answer probes, or have not for long, and nothing is said of them', async () => {
    const gone = ['lost', 'refused', 'unresponsive'] as const;
    const { clock, state, watch } = setUp([
      ...gone.map((one, index) => way(`n${index}`, { state: one })),
      way('n7', { forMs: 59_000 }),
    ]);
    state.fails.set('*:7575', 'timeout');
    await clock.advance(2 * HOUR);
    expect([state.asked, watch.blocked()]).toEqual([[], []]);

    state.ways = [way('n1')];
    await clock.advance(MINUTE);
    expect(watch.blocked()).toMatchObject([{ peers: ['n1'] }]);
    state.ways = [way('n2')];
    await clock.advance(6 * MINUTE);
    expect(watch.blocked()).toMatchObject([{ peers: ['n1', 'n2'] }]);
    state.ways = [way('n1', { state: 'lost' })];
    await clock.advance(10 * MINUTE);
    expect(watch.blocked()).toEqual([]);
  });

  it('is open when one of several addresses of a peer is', async () => {
    const { clock, state, watch } = setUp([way('n1', { addresses: ['10.0.0.1:7576', '[fd00::1]:7576'] })]);
    state.fails.set('10.0.0.1:7575', 'timeout');
    await clock.advance(HOUR);
    expect([state.asked, watch.blocked()]).toEqual([['10.0.0.1:7575', 'fd00::1:7575'], []]);
  });

  it('is not looked at where this agent does not serve others, or not where they reach it', () => {
    const ports = (http: object, addresses: readonly string[] = []) =>
      watchedPorts({
        http: { access: 'open', address: '', port: 7575, ...http },
        mesh: { port: 7576, addresses },
      } as never).http;
    expect([ports({}), ports({ address: '::' }), ports({ address: '10.0.0.1' }, ['10.0.0.1'])]).toEqual([
      7575, 7575, 7575,
    ]);
    expect(ports({ access: 'loopback' })).toBeUndefined();
    expect(ports({ address: '127.0.0.1' }, ['10.0.0.1'])).toBeUndefined();
    expect(ports({ address: '10.1.0.1' }, ['10.0.0.1'])).toBeUndefined();
    expect(ports({ port: 0 })).toBeUndefined();
  });
});

describe('the port of what agents tell each other', () => {
  it('is tried only where a peer answers probes and there is no connection, and is blocked alike', async () => {
    const { clock, state, watch } = setUp([way('n1'), way('n2', { isConnected: false })], { http: undefined });
    await clock.advance(HOUR);
    expect(state.asked).toEqual(['10.0.0.2:7576']);
    expect(watch.blocked()).toEqual([]);

    state.fails.set('*:7576', 'timeout');
    await clock.advance(2 * HOUR);
    expect(watch.blocked()).toMatchObject([{ port: 7576, purpose: 'gossip', peers: ['n2'], how: 'silent' }]);

    state.ways = [way('n1'), way('n2')];
    await clock.advance(10 * MINUTE);
    expect(watch.blocked()).toEqual([]);
  });
});

it('asks nobody any more once it is stopped', async () => {
  const { clock, state, watch } = setUp([way('n1')]);
  watch.stop();
  await clock.advance(3 * HOUR);
  expect(state.asked).toEqual([]);
});
