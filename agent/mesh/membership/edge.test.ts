import { expect, it } from 'vitest';
import { EdgeMachine, type ProbeMiss } from './edge.ts';
import type { LookResult } from './second-look.ts';

/** An edge that answered until 0 ms, and its time. */
function anEdge() {
  const edge = new EdgeMachine('b', -5000);
  let nowMs = 0;
  edge.answered({}, 0);
  return {
    edge,
    now: () => nowMs,
    answer: () => edge.answered({}, nowMs),
    look: (result: LookResult, afterMs = 0) => {
      nowMs += afterMs;
      edge.looked(result, nowMs);
    },
    /** Probes as paced: one a second, after a miss four. Each is missed 500 ms after it was sent. */
    miss: (count: number, cause: ProbeMiss['cause'] = 'timeout') => {
      for (let miss = 0; miss < count; miss += 1) {
        nowMs += edge.misses === 0 ? 1500 : edge.misses === 1 ? 500 : 250;
        edge.missed({ cause, sentAtMs: nowMs - 500 }, nowMs);
      }
    },
  };
}

it('knows nothing before the first answer', () => {
  expect(new EdgeMachine('b', 0).state).toBeUndefined();
  expect(anEdge().edge.state).toBe('good');
});

it('asks for a second look at the second miss, not at the first', () => {
  const { edge, miss, now } = anEdge();

  miss(1);
  expect(edge.takeLook(now())).toBe(false);
  miss(1);
  expect(edge.takeLook(now())).toBe(true);
  expect(edge.takeLook(now())).toBe(false);
});

it.each([['timed-out'], ['unreachable']] as const)(
  'is lost after six misses over two seconds and a look that is %s',
  (result) => {
    const { edge, miss, look, now } = anEdge();

    miss(5);
    look(result);
    expect(edge.state).toBe('good');
    miss(1);
    expect(edge.state).toBe('lost');
    // The first missed probe left at 1,000 ms.
    expect(now()).toBe(3000);
  },
);

it('is not lost by misses alone', () => {
  const { edge, miss } = anEdge();

  miss(30);

  expect(edge.state).toBe('good');
});

it('needs two seconds, however fast the misses come', () => {
  const { edge, look } = anEdge();
  look('unreachable');
  for (let miss = 0; miss < 20; miss += 1) edge.missed({ cause: 'unreachable', sentAtMs: 100 * miss }, 100 * miss + 1);

  expect(edge.state).toBe('good');
  edge.missed({ cause: 'unreachable', sentAtMs: 2000 }, 2001);
  expect(edge.state).toBe('lost');
});

it('is refused at once, without a single miss', () => {
  const { edge, look, now } = anEdge();
  edge.disconnected();

  expect(edge.takeLook(now())).toBe(true);
  look('refused', 210);
  expect(edge.state).toBe('refused');
});

it('looks at once when the peer’s kernel refuses a probe', () => {
  const { edge, miss, now } = anEdge();

  miss(1, 'refused');

  expect(edge.takeLook(now())).toBe(true);
});

it.each([
  ['unresponsive', 'unresponsive'],
  ['foreign', 'unresponsive'],
  ['own-fault', 'good'],
] as const)('after a look that is %s it is %s', (result, state) => {
  const { edge, miss, look } = anEdge();

  miss(2);
  look(result);
  expect(edge.state).toBe('good');
  miss(4);
  expect(edge.state).toBe(state);
});

it('is udp-blocked when TCP works and no probe is answered for two seconds', () => {
  const { edge, miss, look, now } = anEdge();

  miss(2);
  look('answered');
  miss(7);
  expect(edge.state).toBe('good');
  miss(1);
  expect(edge.state).toBe('udp-blocked');
  expect(edge.intervalMs(now() + 300_000)).toBe(1000);
  expect(edge.isSlow(now() + 300_000)).toBe(false);
});

it('is good again with one answer, from every state', () => {
  for (const result of ['timed-out', 'refused', 'unresponsive'] as const) {
    const { edge, miss, look, answer } = anEdge();
    look(result);
    miss(6);
    expect(edge.state).not.toBe('good');
    answer();
    expect(edge.state).toBe('good');
    expect(edge.misses).toBe(0);
    // Looks of before count no more.
    miss(8);
    expect(edge.state).toBe('good');
  }
});

it('does not call a host lost by one failed look when it answered a moment ago', () => {
  const { edge, miss, look } = anEdge();
  miss(2);
  look('unresponsive');
  miss(6);

  look('timed-out');
  expect(edge.state).toBe('unresponsive');
  look('timed-out');
  expect(edge.state).toBe('lost');
});

it('calls no agent stuck by a look that began before it last answered', () => {
  const { edge, miss, look, answer, now } = anEdge();
  miss(2);
  expect(edge.takeLook(now())).toBe(true);
  // On a slow path the answers are late, and the path is cut once the look was accepted.
  answer();
  miss(2);
  look('unresponsive');
  miss(6);
  expect(edge.state).toBe('good');

  expect(edge.takeLook(now())).toBe(true);
  look('timed-out');
  expect(edge.state).toBe('lost');
});

it('counts no misses of before a pause', () => {
  const { edge, miss, look, now } = anEdge();
  miss(5);
  look('timed-out');

  edge.rearm(now());
  miss(1);
  expect(edge.state).toBe('good');
  expect(edge.misses).toBe(1);
});

it('is probed often again after a pause, unless it is known to be lost', () => {
  const { edge, miss, look, now } = anEdge();
  miss(8);
  const muchLater = now() + 20_000;
  expect(edge.intervalMs(muchLater)).toBe(1000);
  edge.rearm(muchLater);
  expect(edge.intervalMs(muchLater)).toBe(250);

  miss(8);
  look('timed-out');
  expect(edge.state).toBe('lost');
  const atLast = muchLater + 20_000;
  edge.rearm(atLast);
  expect(edge.intervalMs(atLast)).toBe(1000);
});

it('keeps its state over a pause', () => {
  const { edge, miss, look, now } = anEdge();
  look('timed-out');
  miss(6);

  edge.rearm(now());
  miss(3);

  expect(edge.state).toBe('lost');
});

it('says nothing of a peer that this node cannot send to', () => {
  const { edge, miss, look, answer } = anEdge();
  look('timed-out');
  miss(10, 'own-fault');

  expect(edge.state).toBeUndefined();
  expect(edge.isHindered).toBe(true);
  expect(edge.misses).toBe(0);
  expect(edge.view()).toMatchObject({ hindered: true });
  answer();
  expect(edge.state).toBe('good');
});

it('is refused where another agent answers in its place, and lost when that goes on', () => {
  const { edge, miss, look, now } = anEdge();
  miss(2, 'other-agent');
  look('answered');
  miss(4, 'other-agent');
  expect(edge.state).toBe('refused');

  // The first other answer came at 1,500 ms.
  while (now() < 11_250) miss(1, 'other-agent');
  expect(edge.state).toBe('refused');
  miss(1, 'other-agent');
  expect(edge.state).toBe('lost');
});

it('is not taken for one whose path drops UDP where another agent in its place is too busy to answer each probe', () => {
  const { edge, miss, look, now } = anEdge();
  miss(1, 'other-agent');
  while (now() < 20_000) {
    miss(4);
    look('answered');
    expect(edge.state).not.toBe('udp-blocked');
    miss(1, 'other-agent');
  }
  expect(edge.state).toBe('lost');
});

it('may be anything again once the other agent is gone from there', () => {
  const { edge, miss, look, now } = anEdge();
  miss(6, 'other-agent');
  while (now() < 70_000) {
    miss(2);
    look('answered');
  }
  expect(edge.state).toBe('udp-blocked');
  miss(6, 'other-agent');
  miss(1, 'refused');
  look('refused');
  expect(edge.state).toBe('refused');
});

it('stays lost where another agent comes up in its place', () => {
  const { edge, miss, look } = anEdge();
  miss(6);
  look('timed-out');
  miss(8, 'other-agent');

  expect(edge.state).toBe('lost');
});

it('concludes at last although this process is late again and again', () => {
  const edge = new EdgeMachine('b', 0);
  edge.answered({}, 0);
  let nowMs = 0;
  const missFor = (count: number): void => {
    for (let miss = 0; miss < count; miss += 1) {
      nowMs += 500;
      edge.missed({ cause: 'timeout', sentAtMs: nowMs - 500 }, nowMs);
      edge.looked('timed-out', nowMs);
    }
  };
  for (let pause = 0; pause < 5; pause += 1) {
    missFor(5);
    edge.rearm(nowMs);
    expect(edge.isExcused).toBe(true);
  }
  missFor(5);
  expect(edge.state).toBe('good');
  edge.rearm(nowMs);
  missFor(1);
  expect(edge.state).toBe('lost');
  edge.answered({}, nowMs);
  expect(edge.isExcused).toBe(false);
});

it('shows losses, the round trip and the best clock sample', () => {
  const edge = new EdgeMachine('b', 0);
  const loss = { toPeer: { lost: 1, of: 10 }, fromPeer: { lost: 0, of: 0 } };
  edge.answered({ rttMs: 4, clock: { offsetMs: 7, uncertaintyMs: 2 }, loss }, 1000);
  edge.answered({ rttMs: 90, clock: { offsetMs: -30, uncertaintyMs: 45 } }, 2000);

  expect(edge.view()).toEqual({
    peer: 'b',
    state: 'good',
    sinceMs: 1000,
    answeredAtMs: 2000,
    lossTo: 0.1,
    rttMs: 90,
    offset: { offsetMs: 7, uncertaintyMs: 2 },
  });
  edge.rebooted();
  expect(edge.view().offset).toBeUndefined();
});
