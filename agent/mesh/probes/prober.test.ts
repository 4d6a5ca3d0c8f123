import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { createCounters } from './counters.ts';
import type { Datagram } from './datagram.ts';
import { authorPrefix, decodeDatagram, encodeDatagram } from './datagram.ts';
import { createHeardTable } from './heard.ts';
import { createKeyring, deriveProbeKey, type Keyring } from './keys.ts';
import type { Away, Observation, ProbeAddress, ProbeTarget } from './observation.ts';
import { createProber, type Prober } from './prober.ts';
import type { ChannelEvents } from './target-socket.ts';

const SELF = authorPrefix(Buffer.alloc(32, 0xaa));
const PEER_KEY = Buffer.alloc(32, 0xbb);
const PEER = authorPrefix(PEER_KEY);
const STATE = { boot: 1, sequence: 1, digest: new Uint8Array(8) };
const FOUR: ProbeAddress = { host: '192.0.2.1', port: 7576 };
const SIX: ProbeAddress = { host: '2001:db8::1', port: 7576 };
const target = (paceMs: number, addresses = [FOUR]): ProbeTarget => ({
  peerId: 'p',
  authorKey: PEER_KEY,
  addresses,
  paceMs,
});

interface Sent {
  readonly at: number;
  readonly address: ProbeAddress;
  readonly ping: Datagram;
  readonly keyIndex: number;
  readonly events: ChannelEvents;
}

let clock: FakeClock;
/** What the process adds to the monotonic clock by standing still: timers know nothing of it. */
let pauseMs: number;
let seen: Observation[];
let aways: Away[];
let sent: Sent[];
let closed: number;
let keys: Keyring;
let prober: Prober;
/** What the network does with a ping. */
let deliver: (sent: Sent) => void;
let onObservation: (observation: Observation) => void;

const answer = (from: Sent, change: Partial<Datagram> = {}, keyIndex = 0): void => {
  const heard = { highest: from.ping.pingSequence & 0xffff, bits: 1 };
  const ack: Datagram = { ...from.ping, kind: 'ack', sender: PEER, target: SELF, heard, ...change };
  from.events.message(encodeDatagram(ack, keys.keys[keyIndex] ?? keys.keys[0]));
};
const kinds = (): string[] => seen.map((one) => (one.kind === 'missed' ? one.cause : one.kind));

beforeEach(() => {
  clock = createFakeClock();
  pauseMs = 0;
  seen = [];
  aways = [];
  sent = [];
  closed = 0;
  deliver = (ping) => void clock.after(2, () => answer(ping));
  onObservation = () => {};
  keys = createKeyring([Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
  const random = createRandom(1);
  prober = createProber({
    clock: { ...clock, monotonic: () => clock.monotonic() + pauseMs },
    random: () => random.next(),
    keys,
    self: SELF,
    state: () => STATE,
    heard: createHeardTable(),
    counters: createCounters(),
    mtuOf: () => 0,
    openChannel: (address, events) => ({
      send(bytes) {
        const decoded = decodeDatagram(bytes, keys);
        if (!decoded.ok) throw new Error(decoded.refusal);
        const keyIndex = keys.keys.indexOf(decoded.key);
        const one = { at: clock.monotonic(), address, ping: decoded.datagram, keyIndex, events };
        sent.push(one);
        deliver(one);
      },
      close: () => (closed += 1),
    }),
    report(observation) {
      seen.push(observation);
      onObservation(observation);
    },
    onAway: (away) => aways.push(away),
  });
});

describe('a prober', () => {
  it('leaves out the address that this node cannot send to, while it has another one', async () => {
    deliver = (ping) => {
      if (ping.address.host === SIX.host) ping.events.failed('ENETUNREACH');
    };
    prober.setPlan([target(250, [FOUR, SIX])]);
    await clock.advance(10_000);
    expect(seen.length).toBeGreaterThan(20);
    expect(new Set(kinds())).toEqual(new Set(['timeout']));
    // Tried again with fresh sockets, every eight misses.
    const toSix = sent.filter(({ address }) => address.host === SIX.host).length;
    expect(toSix).toBeGreaterThan(1);
    expect(toSix).toBeLessThan(sent.length / 6);
    deliver = (ping) => ping.events.failed('ENETUNREACH');
    seen = [];
    await clock.advance(3000);
    expect(new Set(kinds())).toEqual(new Set(['own-fault']));
  });

  it('pings by new sockets after a move, without forgetting what is outstanding', async () => {
    prober.setPlan([target(1000)]);
    await clock.advance(5000);
    const before = closed;
    prober.renewSockets();
    expect(closed).toBe(before + 1);
    await clock.advance(5000);
    expect(new Set(kinds())).toEqual(new Set(['answered']));
  });

  it('pings at the pace of the plan, with jitter, and reports every answer', async () => {
    prober.setPlan([target(1000)]);
    await clock.advance(60_000);
    expect(seen.length).toBeGreaterThan(55);
    expect(seen.length).toBeLessThan(65);
    expect(new Set(kinds())).toEqual(new Set(['answered']));
    const gaps = sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(899);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1102);
    expect(new Set(gaps.map(Math.round)).size).toBeGreaterThan(10);
  });

  it('reports the round trip without the time of the peer, and its clock', async () => {
    deliver = (ping) =>
      void clock.after(30, () => answer(ping, { stampMs: ping.ping.stampMs + 5010, holdMicros: 10_000 }));
    prober.setPlan([target(1000)]);
    await clock.advance(1000);
    expect(seen[0]).toMatchObject({ rttMs: 20, clock: { offsetMs: 5000, uncertaintyMs: 10 }, isLate: false });
  });

  it('reports a miss after 500 ms, with the loss', async () => {
    deliver = () => {};
    prober.setPlan([target(1000)]);
    await clock.advance(1700);
    expect(kinds()).toEqual(['timeout', 'timeout']);
    const [first] = seen;
    expect(first?.kind === 'missed' && first.at - first.sentAt).toBe(500);
    expect(seen[1]?.kind === 'missed' && seen[1].loss.roundTrip).toEqual({ lost: 2, of: 2 });
  });

  it('takes up a faster pace at once, from within the observation of a miss', async () => {
    deliver = () => {};
    onObservation = () => prober.setPlan([target(250)]);
    prober.setPlan([target(1000)]);
    await clock.advance(3000);
    // One in the first second; from its miss on four a second.
    expect(sent.length).toBeGreaterThanOrEqual(9);
    expect(sent.length).toBeLessThanOrEqual(13);
  });

  it('pings once more at once when it is told to, and never twice within 100 ms', async () => {
    prober.setPlan([target(1000)]);
    await clock.advance(2500);
    const before = sent.length;
    prober.ping('p');
    prober.ping('p');
    prober.ping('nobody');
    await clock.advance(10);
    expect(sent.length).toBe(before + 1);
    prober.ping('p');
    await clock.advance(80);
    expect(sent.length).toBe(before + 1);
    await clock.advance(20);
    expect(sent.length).toBe(before + 2);
  });

  it('reports an answer after its miss as late, and one after 3 s not at all', async () => {
    let delayMs = 800;
    deliver = (ping) => void clock.after(delayMs, () => answer(ping));
    prober.setPlan([target(10_000)]);
    await clock.advance(2000);
    expect(kinds()).toEqual(['timeout', 'answered']);
    expect(seen[1]).toMatchObject({ isLate: true });
    delayMs = 9000;
    await clock.advance(40_000);
    expect(seen.filter(({ kind }) => kind === 'answered')).toHaveLength(1);
  });

  it('reports a refusal at once, of the ping that was refused', async () => {
    deliver = ({ events }) => void clock.after(1, () => events.failed('ECONNREFUSED'));
    prober.setPlan([target(1000)]);
    await clock.advance(900);
    expect(seen).toMatchObject([{ kind: 'missed', cause: 'refused', detail: 'ECONNREFUSED' }]);
    expect(seen[0]?.kind === 'missed' && seen[0].at - seen[0].sentAt).toBe(1);
    expect(closed).toBe(0);
  });

  it.each([
    ['ENETUNREACH', 'own-fault', 0],
    ['EPERM', 'own-fault', 0],
    ['EHOSTUNREACH', 'unreachable', 1],
  ])('takes %s for %s and uses another socket', async (code, cause, lost) => {
    deliver = ({ events }) => events.failed(code);
    prober.setPlan([target(1000)]);
    await clock.advance(500);
    expect(seen).toMatchObject([{ kind: 'missed', cause, loss: { roundTrip: { lost } } }]);
    expect(closed).toBe(1);
  });

  it('asks the next address after a miss and stays where an answer came from', async () => {
    deliver = (ping) => void (ping.address === SIX && clock.after(2, () => answer(ping)));
    prober.setPlan([target(1000, [FOUR, SIX])]);
    await clock.advance(5000);
    expect(sent.map(({ address }) => address)).toEqual([FOUR, SIX, SIX, SIX, SIX]);
    prober.setPlan([target(1000, [{ ...SIX }, { ...FOUR }])]);
    await clock.advance(1000);
    expect(sent.at(-1)?.address).toBe(SIX);
    prober.setPlan([target(1000, [FOUR])]);
    await clock.advance(1000);
    expect(sent.at(-1)?.address).toEqual(FOUR);
    expect(closed).toBe(1);
  });

  it('tries the older key where the newer is not known yet', async () => {
    deliver = (ping) => void (ping.keyIndex === 1 && clock.after(2, () => answer(ping, {}, 1)));
    prober.setPlan([target(1000)]);
    await clock.advance(4000);
    expect(sent.map(({ keyIndex }) => keyIndex)).toEqual([0, 1, 1, 1]);
    expect(kinds().slice(1)).toEqual(['answered', 'answered', 'answered']);
  });

  it('takes no ack but the one it asked for', async () => {
    const wrong: Partial<Datagram>[] = [{ nonce: 1 }, { target: 'ffffffffffffffff' }, { kind: 'ping' }];
    deliver = (ping) => {
      for (const change of wrong) answer(ping, change);
      ping.events.message(Buffer.from('junk'));
    };
    prober.setPlan([target(10_000)]);
    await clock.advance(2000);
    expect(kinds()).toEqual(['timeout']);
  });

  it('takes an ack once', async () => {
    deliver = (ping) => {
      answer(ping);
      answer(ping);
    };
    prober.setPlan([target(10_000)]);
    await clock.advance(2000);
    expect(kinds()).toEqual(['answered']);
  });

  it('says when another agent lives at the address', async () => {
    deliver = (ping) => answer(ping, { sender: 'cccccccccccccccc' });
    prober.setPlan([target(10_000)]);
    await clock.advance(2000);
    expect(seen).toMatchObject([{ cause: 'other-agent', detail: 'cccccccccccccccc' }]);
  });

  it('goes on above its old sequences when a target comes back', async () => {
    prober.setPlan([target(100)]);
    await clock.advance(10_000);
    const highest = sent.at(-1)?.ping.pingSequence ?? 0;
    prober.setPlan([]);
    prober.setPlan([target(100)]);
    await clock.advance(500);
    expect(sent.at(-1)?.ping.pingSequence).toBeGreaterThan(highest);
  });

  it('reports nothing of a target that left the plan, and leaves no timer', async () => {
    prober.setPlan([target(1000)]);
    await clock.advance(1000);
    const before = seen.length;
    const last = sent.at(-1);
    prober.setPlan([]);
    if (last !== undefined) answer(last);
    await clock.advance(5000);
    expect(seen).toHaveLength(before);
    expect(clock.pendingTimers()).toBe(0);
    expect(closed).toBe(1);
  });
});

describe('a process that is awake', () => {
  it('takes along what is due soon', async () => {
    const many = Array.from({ length: 16 }, (_, index) => ({
      ...target(1000),
      peerId: `p${index}`,
      authorKey: Buffer.alloc(32, index),
    }));
    deliver = () => {};
    prober.setPlan(many);
    await clock.advance(30_000);
    const bursts = new Set(sent.map(({ at }) => Math.round(at)));
    expect(sent.length).toBeGreaterThan(16 * 27);
    expect(sent.length).toBeLessThan(16 * 33);
    // About five to seven wake-ups a second instead of sixteen.
    expect(bursts.size).toBeLessThan(30 * 8);
  });

  it('pings back at once whoever pings it, and not more often for it', async () => {
    prober.setPlan([target(1000)]);
    await clock.advance(60_000);
    const before = sent.length;
    let paired = 0;
    for (let round = 0; round < 60; round += 1) {
      const count = sent.length;
      const last = sent.at(-1);
      if (last !== undefined)
        prober.notePing({ ...last.ping, sender: PEER, target: SELF }, clock.monotonic(), keys.keys[0]);
      paired += sent.length - count;
      await clock.advance(1000);
    }
    expect(paired).toBeGreaterThan(55);
    expect(sent.length - before).toBeLessThan(68);
    expect(kinds().filter((kind) => kind === 'pinged')).toHaveLength(60);
  });
});

describe('while the cluster key changes', () => {
  const [NEW, OLD] = [Buffer.alloc(32, 3), Buffer.alloc(32, 2)];
  const used = (): number | undefined => sent.at(-1)?.keyIndex;
  /** Answers only what is signed with the old key. */
  const answerOld = (ping: Sent): void => {
    const old = keys.keys.findIndex(({ id }) => Buffer.from(id).equals(deriveProbeKey(OLD).id));
    if (ping.keyIndex === old) clock.after(2, () => answer(ping, {}, old));
  };

  it('tries the new key once, and uses the old one until the peer shows that it knows the new one', async () => {
    keys.replace([OLD]);
    deliver = answerOld;
    prober.setPlan([target(1000)]);
    await clock.advance(10_000);
    keys.replace([NEW, OLD]);
    await clock.advance(20_000);
    expect(kinds().filter((kind) => kind !== 'answered')).toEqual(['timeout']);
    expect(used()).toBe(1);
    const { ping } = sent.at(-1) ?? { ping: undefined };
    deliver = (last) => void clock.after(2, () => answer(last, {}, last.keyIndex));
    const [newKey] = keys.keys;
    if (ping !== undefined) prober.notePing({ ...ping, sender: PEER, target: SELF }, clock.monotonic(), newKey);
    await clock.advance(2000);
    expect(used()).toBe(0);
    keys.replace([NEW]);
    await clock.advance(10_000);
    expect(kinds().filter((kind) => kind !== 'answered' && kind !== 'pinged')).toEqual(['timeout']);
  });

  it('does not go back to the old key because of somebody who only has that one', async () => {
    keys.replace([NEW, OLD]);
    prober.setPlan([target(1000)]);
    await clock.advance(5000);
    const [, oldKey] = keys.keys;
    const { ping } = sent.at(-1) ?? { ping: undefined };
    if (ping !== undefined && oldKey !== undefined)
      prober.notePing({ ...ping, sender: PEER, target: SELF }, clock.monotonic(), oldKey);
    await clock.advance(2000);
    expect(used()).toBe(0);
  });
});

describe('after a pause of this process', () => {
  it('blames nobody: the answer that waited in the socket counts, without figures', async () => {
    deliver = () => {};
    prober.setPlan([target(1000)]);
    await clock.advance(400);
    const [ping] = sent;
    pauseMs = 8000;
    if (ping !== undefined) answer(ping);
    expect(aways).toMatchObject([{ lateMs: expect.closeTo(8000 - 500, -3) as number }]);
    expect(seen).toMatchObject([{ kind: 'answered', isLate: false }]);
    expect(seen[0]).not.toHaveProperty('rttMs');
    expect(seen[0]).not.toHaveProperty('clock');
  });

  it('gives what is outstanding its full time once more', async () => {
    deliver = () => {};
    prober.setPlan([target(10_000)]);
    await clock.advance(400);
    pauseMs = 8000;
    await clock.advance(400);
    expect(aways).toHaveLength(1);
    expect(seen).toEqual([]);
    await clock.advance(1000);
    const [away] = aways;
    const [first] = seen;
    expect(first).toMatchObject({ kind: 'missed', cause: 'timeout', sentAt: sent[0]?.at });
    expect((first?.at ?? 0) - (away?.at ?? 0)).toBe(500);
  });

  it('counts misses all the same when it is late again and again', async () => {
    deliver = () => {};
    prober.setPlan([target(250)]);
    for (let round = 0; round < 200 && seen.length === 0; round += 1) {
      pauseMs += 300;
      await clock.advance(100);
    }
    expect(aways.length).toBeGreaterThan(3);
    expect(kinds()).toContain('timeout');
  });

  it('is not away when a timer is a little late', async () => {
    prober.setPlan([target(1000)]);
    await clock.advance(400);
    pauseMs = 150;
    await clock.advance(5000);
    expect(aways).toEqual([]);
    expect(new Set(kinds())).toEqual(new Set(['answered']));
  });
});
