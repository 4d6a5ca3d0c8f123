import { expect, it } from 'vitest';
import type { EdgeState } from '../../model/member.ts';
import { createMembership } from './membership.ts';
import type { MembershipInput, MembershipStep } from './step.ts';

/** An agent `a` of a cluster, settled: everybody answers it, and everybody states good edges to everybody. */
function started(others: readonly string[]) {
  const membership = createMembership({ self: 'a', nowMs: 0, random: () => 0 });
  let nowMs = 0;
  let last = membership.step({ kind: 'expected', members: others.map((name) => ({ name })) }, 0);
  const step = (input: MembershipInput): MembershipStep => {
    last = membership.step(input, nowMs);
    return last;
  };
  const agent = {
    step,
    last: () => last,
    state: (name: string) => last.members.find((member) => member.name === name)?.state,
    /** Lets time pass in the steps that the machine asks for; whoever answers goes on doing so. */
    wait(ms: number, answering: readonly string[] = []) {
      const end = nowMs + ms;
      while (nowMs < end) {
        const wake = Math.min(end, Math.max(last.wakeAtMs, nowMs + 1));
        if (Math.floor(wake / 1000) > Math.floor(nowMs / 1000)) {
          nowMs = wake;
          for (const peer of answering) step({ kind: 'answered', peer, boot: 1, answer: {} });
        }
        nowMs = wake;
        step({ kind: 'tick' });
      }
    },
    nowMs: (): number => nowMs,
    /** The process stands still. */
    sleep(ms: number) {
      nowMs += ms;
    },
    /** Makes my edge lost: misses over two seconds, and a look that came to nothing. */
    lose(...peers: string[]) {
      for (const peer of peers) step({ kind: 'looked', peer, result: 'timed-out' });
      for (let miss = 0; miss < 9; miss += 1) {
        nowMs += 250;
        for (const peer of peers) step({ kind: 'missed', peer, miss: { cause: 'timeout', sentAtMs: nowMs - 200 } });
      }
    },
    event(by: string, peer: string, state: EdgeState, event: number, boot = 1, saidAtMs = nowMs) {
      return step({ kind: 'edge', by, order: { boot, sequence: 1, event }, peer, state, saidAtMs });
    },
  };
  return agent;
}

/** Everybody sees everybody, and it has been so for a while. */
function settled(others: readonly string[]) {
  const agent = started(others);
  for (const by of others) {
    const edges = new Map(['a', ...others].filter((name) => name !== by).map((name) => [name, 'good' as const]));
    agent.step({ kind: 'reported', by, order: { boot: 1, sequence: 1, event: 0 }, edges });
  }
  agent.wait(12_000, others);
  return agent;
}

const FOUR = ['b', 'c', 'd', 'e'];

it('is alone and alive in a cluster of one', () => {
  const agent = settled([]);

  expect(agent.last().members).toMatchObject([{ name: 'a', state: 'alive' }]);
  expect([...agent.last().component]).toEqual(['a']);
  expect(agent.last()).toMatchObject({ settled: true, isolation: 'no', neighbours: [] });
});

it('sees everybody alive when all is well', () => {
  const agent = settled(FOUR);

  expect(agent.last().members.map(({ state }) => state)).toEqual(['alive', 'alive', 'alive', 'alive', 'alive']);
  expect(agent.last().neighbours).toEqual(FOUR);
  expect([...agent.last().observersOf('b')].sort()).toEqual(['a', 'c', 'd', 'e']);
  expect([...agent.last().probes.values()]).toEqual([1000, 1000, 1000, 1000]);
});

it('is settled after six probes of each edge, or ten seconds', () => {
  const membership = createMembership({ self: 'a', nowMs: 0, random: () => 0 });
  membership.step({ kind: 'expected', members: [{ name: 'b' }, { name: 'c' }] }, 0);
  for (let probe = 1; probe <= 6; probe += 1) {
    expect(membership.step({ kind: 'answered', peer: 'b', answer: {} }, probe).settled).toBe(false);
  }
  for (let probe = 1; probe <= 6; probe += 1) {
    expect(membership.step({ kind: 'answered', peer: 'c', answer: {} }, 100).settled).toBe(probe === 6);
  }
  const silent = createMembership({ self: 'a', nowMs: 0, random: () => 0 });
  silent.step({ kind: 'expected', members: [{ name: 'b' }] }, 0);
  expect(silent.step({ kind: 'tick' }, 9999).settled).toBe(false);
  expect(silent.step({ kind: 'tick' }, 10_000).settled).toBe(true);
});

it('is not settled before all that was kept is taken up, and waits as long as ever from then on', () => {
  const membership = createMembership({ self: 'a', nowMs: 0, random: () => 0, isRecalling: true });
  membership.step({ kind: 'expected', members: [{ name: 'b', last: { state: 'alive', sinceMs: -1000 } }] }, 0);
  for (let at = 0; at <= 30_000; at += 1000) expect(membership.step({ kind: 'tick' }, at).settled).toBe(false);

  membership.step({ kind: 'recalled' }, 30_000);
  expect(membership.step({ kind: 'tick' }, 39_999).settled).toBe(false);
  expect(membership.step({ kind: 'tick' }, 40_000)).toMatchObject({ settled: true });
});

it('hurries until it is settled, and has nothing to wait for where there is nobody', () => {
  const membership = createMembership({ self: 'a', nowMs: 0, random: () => 0 });
  expect([...membership.step({ kind: 'expected', members: [{ name: 'b' }] }, 0).probes]).toEqual([['b', 250]]);
  for (let probe = 1; probe <= 6; probe += 1) membership.step({ kind: 'answered', peer: 'b', answer: {} }, probe * 250);
  expect(membership.step({ kind: 'tick' }, 1500)).toMatchObject({ settled: true, probes: new Map([['b', 1000]]) });

  const alone = createMembership({ self: 'a', nowMs: 0, random: () => 0, isAlone: true });
  expect(alone.step({ kind: 'tick' }, 0).settled).toBe(true);
});

it('judges by most of the observers, half a second after the last of them', () => {
  const agent = settled(FOUR);
  agent.lose('e');
  expect(agent.state('e')).toBe('suspect');
  agent.event('b', 'e', 'lost', 1);
  agent.wait(3000, ['b', 'c', 'd']);
  expect(agent.state('e')).toBe('suspect');

  agent.event('c', 'e', 'lost', 1);
  agent.wait(499, ['b', 'c', 'd']);
  expect(agent.state('e')).toBe('suspect');
  agent.wait(1, ['b', 'c', 'd']);
  expect(agent.state('e')).toBe('unreachable');
  expect(agent.last().members.find(({ name }) => name === 'e')?.testimony).toContainEqual({
    observer: 'd',
    state: 'good',
  });
});

it('judges a dead agent at once when two observers were refused', () => {
  const agent = settled(FOUR);
  for (const observer of ['b', 'c', 'd']) agent.event(observer, 'e', 'refused', 1);
  expect(agent.state('e')).toBe('suspect');

  const { changes, edgeChanges } = agent.step({ kind: 'looked', peer: 'e', result: 'refused' });

  expect(edgeChanges).toEqual([{ peer: 'e', from: 'good', to: 'refused' }]);
  expect(changes).toEqual([{ kind: 'state', member: 'e', from: 'suspect', to: 'agent-down' }]);
});

it('does not believe what a dead agent said of another one, also once others reach it anew', () => {
  const agent = settled(FOUR);
  for (const [event, victim] of ['d', 'e'].entries())
    for (const observer of ['b', 'c']) agent.event(observer, victim, 'refused', event + 1);
  for (const victim of ['d', 'e']) agent.step({ kind: 'looked', peer: victim, result: 'refused' });
  expect([agent.state('d'), agent.state('e')]).toEqual(['agent-down', 'agent-down']);

  // It runs again, which b has seen and a has not; of what it says now nothing has arrived.
  agent.event('b', 'd', 'good', 3);

  expect([agent.state('d'), agent.state('e')]).toEqual(['suspect', 'agent-down']);
  agent.step({ kind: 'answered', peer: 'd', boot: 2, answer: {} });
  agent.event('d', 'e', 'good', 1, 2);
  expect(agent.state('e')).toBe('suspect');
});

it('does not believe at once who says late that it lost others: a pause may have hidden a cut', () => {
  const agent = settled(FOUR);
  agent.sleep(30_000);
  agent.step({ kind: 'tick' });
  agent.wait(2000, ['b', 'c', 'd', 'e']);
  for (const observer of ['b', 'c', 'd']) agent.event(observer, 'e', 'lost', 1, 1, agent.nowMs() - 20_000);
  agent.wait(2500, ['b', 'c', 'd', 'e']);
  expect(agent.state('e')).toBe('alive');
  agent.wait(1500, ['b', 'c', 'd', 'e']);
  expect(agent.state('e')).toBe('unreachable');
});

it('looks at once when a connection closes', () => {
  const agent = settled(FOUR);

  expect(agent.step({ kind: 'disconnected', peer: 'c' }).looks).toEqual(['c']);
});

it('blames the path, not the member, when only I lost it', () => {
  const agent = settled(FOUR);
  agent.lose('e');
  agent.wait(10_000, ['b', 'c', 'd']);

  expect(agent.state('e')).toBe('suspect');
  expect(agent.last().component.has('e')).toBe(true);
});

it('says nothing of who cannot be looked at from here, and leaves it to the others', () => {
  const agent = settled(['b', 'c', 'd']);
  const step = agent.step({ kind: 'apart', members: new Set(['d']) });
  expect(step.edgeChanges).toEqual([{ peer: 'd', from: 'good', to: undefined }]);
  expect([...step.probes.keys()]).toEqual(['b', 'c']);
  agent.wait(20_000, ['b', 'c']);
  expect(
    agent
      .last()
      .edges()
      .map(({ peer }) => peer),
  ).toEqual(['b', 'c']);
  expect(agent.state('d')).toBe('alive');
  for (const by of ['b', 'c']) agent.event(by, 'd', 'lost', 1);
  agent.wait(1000, ['b', 'c']);
  expect(agent.state('d')).toBe('unreachable');
  expect(agent.last().isolation).toBe('no');
  const back = agent.step({ kind: 'apart', members: new Set() });
  expect([...back.probes.keys()].sort()).toEqual(['b', 'c', 'd']);
});

it('is neither isolated nor unsettled for those who cannot be looked at', () => {
  const agent = started(['b']);
  agent.step({ kind: 'apart', members: new Set(['b']) });
  agent.wait(11_000);
  expect([agent.last().settled, agent.last().isolation, agent.state('b')]).toEqual([true, 'no', 'suspect']);
});

it('asks witnesses when all edges are silent, and blames nobody when none answers', () => {
  const agent = settled(FOUR);
  agent.lose(...FOUR);
  expect(agent.last().isolation).toBe('asking');
  agent.step({ kind: 'witnessed', answer: { verdict: 'silent', asked: [{ kind: 'gateway' }] } });
  agent.wait(60_000);

  expect(agent.last().isolation).toBe('self');
  expect(FOUR.map(agent.state)).toEqual(['suspect', 'suspect', 'suspect', 'suspect']);
  expect([...agent.last().component]).toEqual(['a']);
});

it('stays isolated over a pause of its own', () => {
  const agent = settled(FOUR);
  agent.lose(...FOUR);
  agent.step({ kind: 'witnessed', answer: { verdict: 'silent', asked: [{ kind: 'gateway' }] } });
  agent.wait(5000);
  agent.sleep(3000);
  agent.step({ kind: 'tick' });
  expect(agent.last().away).toBe(true);
  agent.wait(10_000);

  expect(agent.last().isolation).toBe('self');
  expect(FOUR.map((name) => agent.state(name))).toEqual(Array(4).fill('suspect'));
});

it('blames all peers together when a witness answers', () => {
  const agent = settled(FOUR);
  agent.lose(...FOUR);
  agent.step({ kind: 'witnessed', answer: { verdict: 'reachable', asked: [{ kind: 'gateway' }] } });
  agent.wait(500);

  expect(FOUR.map(agent.state)).toEqual(['unreachable', 'unreachable', 'unreachable', 'unreachable']);
});

it('accuses nobody after a pause', () => {
  const agent = settled(FOUR);
  agent.lose('e');
  agent.event('b', 'e', 'lost', 1);
  agent.event('c', 'e', 'lost', 1);
  agent.sleep(8000);

  // The majority stands, and waits for a second and once more: the news that e is back may lie in a buffer.
  expect(agent.step({ kind: 'tick' }).away).toBe(true);
  expect(agent.state('e')).toBe('suspect');
  agent.wait(1499, ['b', 'c', 'd']);
  expect(agent.state('e')).toBe('suspect');
  agent.wait(1, ['b', 'c', 'd']);
  expect(agent.state('e')).toBe('unreachable');
});

it('judges all the same when it is late again and again: waiting does not help', () => {
  const agent = settled(FOUR);
  agent.lose('e');
  for (const by of ['b', 'c']) agent.event(by, 'e', 'lost', 1);
  let lateForMs = 0;
  while (agent.state('e') !== 'unreachable' && lateForMs < 20_000) {
    agent.sleep(900);
    lateForMs += 900;
    for (const peer of ['b', 'c', 'd']) agent.step({ kind: 'answered', peer, boot: 1, answer: {} });
    agent.step({ kind: 'away' });
  }

  expect(agent.state('e')).toBe('unreachable');
  expect(lateForMs).toBeGreaterThanOrEqual(5000);
  expect(lateForMs).toBeLessThan(10_000);
});

it('counts no misses of before a pause that others of the process noticed', () => {
  const agent = settled(['b']);
  const miss = { kind: 'missed', peer: 'b', miss: { cause: 'timeout', sentAtMs: 0 } } as const;
  for (let count = 0; count < 5; count += 1) agent.step(miss);
  agent.step({ kind: 'away' });
  expect(agent.step({ kind: 'looked', peer: 'b', result: 'timed-out' }).away).toBe(true);
  for (let count = 0; count < 5; count += 1) agent.step(miss);

  expect(agent.state('b')).toBe('alive');
});

it('does not take over what a member saw from the other side of a cut', () => {
  const agent = settled(['b', 'c']);
  agent.lose('b', 'c');
  agent.step({ kind: 'witnessed', answer: { verdict: 'reachable', asked: [{ kind: 'gateway' }] } });
  agent.wait(10_000);
  expect(agent.state('b')).toBe('unreachable');

  // Healed: b answers me. It still states that it lost c, and so did c to b; I reach c, too.
  agent.step({ kind: 'answered', peer: 'c', boot: 1, answer: {} });
  agent.event('b', 'c', 'refused', 5);
  agent.step({ kind: 'answered', peer: 'b', boot: 1, answer: {} });
  expect(agent.state('c')).toBe('alive');
  agent.wait(119_900, ['b', 'c']);
  expect(agent.state('c')).toBe('alive');
  // It has had time to look anew, and means it.
  agent.wait(200, ['b', 'c']);
  expect(agent.state('c')).toBe('suspect');
});

it('takes over what a member sees after it came back from the other side of a cut', () => {
  const agent = settled(['b', 'c']);
  agent.lose('b');
  agent.wait(10_000, ['c']);
  agent.step({ kind: 'answered', peer: 'b', boot: 1, answer: {} });
  agent.wait(3500, ['b', 'c']);
  agent.event('b', 'c', 'refused', 5);
  expect(agent.state('c')).toBe('suspect');
});

it('does not take over what a member saw from the other side when it is gone again before it took that back', () => {
  const agent = settled(['b', 'c', 'd']);
  for (const by of ['c', 'd']) agent.event(by, 'b', 'lost', 1);
  agent.lose('b');
  agent.wait(10_000, ['c', 'd']);
  expect(agent.state('b')).toBe('unreachable');
  agent.event('b', 'c', 'lost', 5);
  agent.step({ kind: 'answered', peer: 'b', boot: 1, answer: {} });
  agent.wait(1000, ['c', 'd']);
  const states: unknown[] = [];
  for (let miss = 0; miss < 12; miss += 1) {
    agent.wait(250, ['c', 'd']);
    agent.step({ kind: 'missed', peer: 'b', miss: { cause: 'timeout', sentAtMs: agent.nowMs() - 200 } });
    states.push(agent.state('c'));
  }

  expect(new Set(states)).toEqual(new Set(['alive']));
});

it('probes at once whom it lost and others reach, and who probes it', () => {
  const agent = settled(['b', 'c']);
  agent.lose('b', 'c');
  agent.wait(90_000);
  for (let miss = 0; miss < 4; miss += 1)
    agent.step({ kind: 'missed', peer: 'b', miss: { cause: 'timeout', sentAtMs: 0 } });
  expect(agent.last().probes.get('b')).toBeGreaterThan(2000);

  const heard = agent.step({ kind: 'pinged', peer: 'b', boot: 1 });
  expect(heard.pings).toEqual(['b']);
  expect(heard.probes.get('b')).toBe(1000);
  const joined = agent.step({ kind: 'answered', peer: 'b', boot: 1, answer: {} });
  expect([...joined.component].sort()).toEqual(['a', 'b', 'c']);
  expect(joined.pings).toEqual(['c']);
});

it('drops what a member said in an earlier life', () => {
  const agent = settled(FOUR);
  agent.event('b', 'e', 'refused', 1);
  agent.event('c', 'e', 'refused', 1);
  expect(agent.state('e')).toBe('suspect');

  agent.step({ kind: 'pinged', peer: 'b', boot: 2 });
  agent.step({ kind: 'pinged', peer: 'c', boot: 2 });
  expect(agent.state('e')).toBe('alive');
  agent.event('b', 'e', 'refused', 9, 1);
  expect(agent.state('e')).toBe('alive');
});

it('believes no statement about itself, and none of a stranger', () => {
  const agent = settled(FOUR);
  for (const by of [...FOUR, 'stranger']) agent.event(by, 'a', 'lost', 1);
  agent.event('stranger', 'b', 'refused', 1);
  agent.step({ kind: 'reported', by: 'a', order: { boot: 9, sequence: 9, event: 0 }, edges: new Map() });

  expect(agent.state('a')).toBe('alive');
  expect(agent.state('b')).toBe('alive');
  expect(agent.last().component.size).toBe(5);
});

it('stops probing a member that was removed', () => {
  const agent = settled(FOUR);
  agent.step({ kind: 'expected', members: FOUR.filter((name) => name !== 'e').map((name) => ({ name })) });

  expect(agent.last().members.map(({ name }) => name)).not.toContain('e');
  expect(agent.last().component.has('e')).toBe(false);
  agent.wait(1);
  expect(agent.last().probes.has('e')).toBe(false);
});

it('samples one more member a second where not everybody is a neighbour', () => {
  const names = Array.from({ length: 60 }, (_, index) => `n${index}`);
  const membership = createMembership({ self: 'a', nowMs: 0, random: () => 0.5 });
  const first = membership.step({ kind: 'expected', members: names.map((name) => ({ name })) }, 0);
  const [sampled = ''] = first.pings;

  expect(first.probes.size).toBeLessThanOrEqual(16);
  expect(first.probes.has(sampled)).toBe(false);
  const { edges } = membership.step({ kind: 'answered', peer: sampled, answer: { rttMs: 3 } }, 5);
  expect(edges().filter((edge) => edge.sampled)).toMatchObject([{ peer: sampled, rttMs: 3 }]);
  expect(membership.step({ kind: 'tick' }, 6).component.size).toBe(1);
});

it('is the only observer of thousands without probing them all at once', () => {
  const names = Array.from({ length: 2000 }, (_, index) => `n${index}`);
  const membership = createMembership({ self: 'a', nowMs: 0, random: () => 0.5 });
  membership.step({ kind: 'expected', members: names.map((name) => ({ name })) }, 0);

  expect(membership.step({ kind: 'tick' }, 10_500).probes.size).toBeLessThanOrEqual(48);
});

it('believes others of how long a member has been down, until it has seen it itself', () => {
  const since = new Map([['e', -60_000]]);
  const edges = new Map<string, EdgeState>([
    ['a', 'good'],
    ['e', 'refused'],
  ]);
  const report = (agent: ReturnType<typeof settled>, by: string): void =>
    void agent.step({ kind: 'reported', by, order: { boot: 1, sequence: 2, event: 0 }, edges, since });
  const event = (agent: ReturnType<typeof settled>, by: string): void => void agent.event(by, 'e', 'refused', 1);
  const sinceOf = (agent: ReturnType<typeof settled>): number =>
    agent.last().members.find(({ name }) => name === 'e')?.sinceMs ?? Number.NaN;

  const fresh = started(FOUR);
  for (const by of ['b', 'c', 'd']) report(fresh, by);
  fresh.wait(12_000, ['b', 'c', 'd']);
  expect([fresh.state('e'), sinceOf(fresh)]).toEqual(['agent-down', -60_000]);

  // Their word comes after its own verdict.
  const late = started(FOUR);
  late.wait(12_000, ['b', 'c', 'd']);
  for (const by of ['b', 'c', 'd']) event(late, by);
  late.wait(2000, ['b', 'c', 'd']);
  expect(late.state('e')).toBe('agent-down');
  expect(sinceOf(late)).toBeGreaterThan(0);
  report(late, 'b');
  late.wait(2000, ['b', 'c', 'd']);
  expect(sinceOf(late)).toBe(-60_000);

  const witness = settled(FOUR);
  witness.lose('e');
  for (const by of ['b', 'c', 'd']) report(witness, by);
  expect(witness.state('e')).toBe('agent-down');
  expect(sinceOf(witness)).toBeGreaterThan(0);
});

it('pings at once whom somebody else does not reach any more, once for each word', () => {
  const agent = settled(FOUR);

  expect(agent.event('b', 'c', 'refused', 1).pings).toEqual(['c']);
  expect(agent.event('b', 'c', 'refused', 2).pings).toEqual([]);
  expect(agent.event('d', 'c', 'refused', 1).pings).toEqual(['c']);
  expect(agent.event('d', 'c', 'good', 2).pings).toEqual([]);
  agent.step({ kind: 'missed', peer: 'c', miss: { cause: 'timeout', sentAtMs: 0 } });
  expect(agent.event('e', 'c', 'refused', 1).pings).toEqual([]);
});
