/** Probes one target: sends pings when they are due, matches answers, reports what it sees. Has no timer of its own. */
import type { Clock } from '../../base/clock.ts';
import type { FullSize } from '../../model/member.ts';
import { clockSample, roundTripMs } from './clock-sample.ts';
import { countRefusal } from './counters.ts';
import type { Datagram, StateStamp } from './datagram.ts';
import { authorPrefix, decodeDatagram, encodeDatagram } from './datagram.ts';
import { blameFor } from './error-codes.ts';
import type { HeardTable } from './heard.ts';
import type { ProbeKey } from './keys.ts';
import { createLossRecord } from './loss.ts';
import type { Answered, MissCause, Observation, ProbeAddress, ProbeTarget } from './observation.ts';
import type { Ping } from './outstanding.ts';
import { createOutstanding } from './outstanding.ts';
import { createPacer } from './pacer.ts';
import { createPaths } from './paths.ts';
import { isSizeDatagram } from './size-datagram.ts';
import { type SizeProbeDeps, createSizeProbe } from './size-probe.ts';
import type { OpenChannel } from './target-socket.ts';

export interface TargetProbe {
  /** The author prefix of the target. */
  readonly author: string;
  addresses(): readonly ProbeAddress[];
  update(target: ProbeTarget): void;
  /** When there is something to do next after `now`, monotonic. */
  nextDueAfter(now: number): number;
  /** Sends a ping if one is due, or will be soon. */
  sendIfDue(now: number): void;
  /** The next ping goes out at once. */
  hurry(now: number): void;
  hasExpired(now: number): boolean;
  /** Reports the pings whose deadline passed by `now` as missed. */
  judge(now: number): void;
  /** After a pause of this process: nothing that is outstanding was missed. */
  rearm(now: number): void;
  /** A fresh ping of the target arrived, signed with `key`. */
  notePing(ping: Datagram, at: number, key: ProbeKey): void;
  /** From now on the pings leave by new sockets. */
  renewSockets(): void;
  /** Something happened that long datagrams that get lost bring about: soon one is tried. */
  testSize(now: number): void;
  /** Whether long datagrams pass; undefined: it was not tried, or the other end tries it. */
  fullSize(): FullSize | undefined;
  close(): void;
}

export interface TargetProbeDeps extends Omit<SizeProbeDeps, 'clock'> {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly state: () => StateStamp;
  readonly heard: HeardTable;
  readonly openChannel: OpenChannel;
  /** Called before a message is looked at: this process may have stood still meanwhile. */
  readonly beforeMessage: () => void;
  readonly report: (observation: Observation) => void;
}

/** After so many misses in a row a fresh socket is used: this node's own address or route may have changed. */
const MISSES_PER_SOCKET = 8;
/**
 * The first sequence grows with the age of the process by 20 a second, faster than any pace: a target that leaves the
 * plan and comes back goes on above its old sequences.
 */
const SEQUENCE_MS = 50;

export function createTargetProbe(target: ProbeTarget, deps: TargetProbeDeps): TargetProbe {
  const { clock, counters } = deps;
  const { peerId } = target;
  const author = authorPrefix(target.authorKey);
  const outstanding = createOutstanding();
  const record = createLossRecord();
  const pacer = createPacer(target.paceMs, clock.monotonic(), deps.random);
  const paths = createPaths(target.addresses, {
    ...deps,
    eventsOf: (address) => ({
      message: (bytes) => receive(bytes),
      failed: (code) => fail(address, code),
    }),
  });
  const sizes = createSizeProbe(author, paths, deps);
  let sequence = 1 + Math.floor(clock.monotonic() / SEQUENCE_MS);
  let missesInARow = 0;
  let hasAnswered = false;
  let isClosed = false;

  const miss = (ping: Ping, cause: MissCause, detail?: string): void => {
    missesInARow += 1;
    paths.advance();
    if (missesInARow % MISSES_PER_SOCKET === 0) paths.drop();
    // What never left this node says nothing about the edge.
    if (cause !== 'own-fault') record.settle(ping.sequence, false);
    const { address, sentAt } = ping;
    const loss = record.loss();
    const at = clock.monotonic();
    deps.report({ kind: 'missed', peerId, at, address, cause, ...(detail !== undefined && { detail }), sentAt, loss });
  };

  const fail = (address: ProbeAddress, code: string | undefined): void => {
    if (isClosed) return;
    // ICMP about a long datagram: the kernel knows the path's MTU from now on.
    if (code === 'EMSGSIZE') return sizes.told();
    counters.sendFailures += 1;
    const blame = blameFor(code);
    if (blame !== 'refused') paths.drop(address);
    const ping = outstanding.takeOldest(address);
    // That one way is closed to this node says nothing while there is another one.
    if (ping !== undefined && blame === 'own-fault' && paths.mute(address)) return;
    if (ping !== undefined) miss(ping, blame === 'timed-out' ? 'unreachable' : blame, code);
  };

  const receive = (bytes: Uint8Array): void => {
    deps.beforeMessage();
    if (isSizeDatagram(bytes)) return sizes.receive(bytes);
    const decoded = decodeDatagram(bytes, deps.keys);
    if (!decoded.ok) return countRefusal(counters, decoded.refusal);
    const ack = decoded.datagram;
    const isForMe = ack.kind === 'ack' && ack.target === deps.self;
    const ping = isForMe ? outstanding.take(ack.nonce, clock.monotonic()) : undefined;
    if (ping === undefined || ping.sequence !== ack.pingSequence) {
      counters.unasked += 1;
      return;
    }
    counters.acksReceived += 1;
    if (ack.sender === author) accept(ack, ping);
    else if (!ping.isOverdue) miss(ping, 'other-agent', ack.sender);
  };

  const accept = (ack: Datagram, ping: Ping): void => {
    const at = clock.monotonic();
    // A path that was silent may lead another way now.
    if (!hasAnswered || missesInARow > 1) sizes.hasten(at);
    hasAnswered = true;
    missesInARow = 0;
    if (!ping.isOverdue) record.settle(ping.sequence, true);
    record.learn({ heard: ack.heard, boot: ack.state.boot, nextSequence: sequence, answers: ping.sequence });
    deps.report({ kind: 'answered', peerId, at, ...figuresOf(ack, ping, at), state: ack.state, loss: record.loss() });
  };

  const takePing = (address: ProbeAddress, sentAt: number): Datagram => {
    const ping = { nonce: Math.floor(deps.random() * 2 ** 32), sequence, address, sentAt, originMs: clock.now() };
    outstanding.add(ping);
    sequence = (sequence + 1) % 2 ** 32;
    return {
      kind: 'ping',
      sender: deps.self,
      target: author,
      nonce: ping.nonce,
      pingSequence: ping.sequence,
      heard: deps.heard.heardOf(author),
      state: deps.state(),
      stampMs: ping.originMs,
      holdMicros: 0,
    };
  };

  const send = (now: number): void => {
    const path = paths.current();
    if (isClosed || path === undefined) return;
    counters.pingsSent += 1;
    paths.channelTo(path.address).send(encodeDatagram(takePing(path.address, now), path.key));
  };

  return {
    author,
    addresses: () => paths.addresses(),
    update(next) {
      paths.update(next.addresses);
      pacer.setPace(next.paceMs, clock.monotonic());
    },
    nextDueAfter: (now) =>
      Math.min(Math.max(Math.min(pacer.dueAt(), sizes.dueAt()), now), outstanding.nextDeadlineAfter(now)),
    sendIfDue(now) {
      sizes.sendIfDue(now);
      if (!pacer.mayJoin(now)) return;
      pacer.advance(now);
      send(now);
    },
    hurry: (now) => pacer.hurry(now),
    hasExpired: (now) => outstanding.hasExpired(now),
    judge(now) {
      for (const ping of outstanding.expire(now)) if (!isClosed) miss(ping, 'timeout');
    },
    rearm(now) {
      outstanding.rearm(now);
      pacer.restart(now);
      sizes.drop();
    },
    notePing(ping, at, key) {
      paths.knows(key);
      record.learn({ heard: ping.heard, boot: ping.state.boot, nextSequence: sequence });
      deps.report({ kind: 'pinged', peerId, at, state: ping.state, loss: record.loss() });
      if (!pacer.mayPair(at)) return;
      pacer.follow(at);
      send(at);
    },
    renewSockets() {
      paths.drop();
      sizes.drop();
    },
    testSize(now) {
      if (hasAnswered) sizes.hasten(now);
    },
    fullSize: () => sizes.view(),
    close() {
      isClosed = true;
      paths.drop();
    },
  };
}

/** No figure is made of a ping that was outstanding while this process stood still. */
function figuresOf(ack: Datagram, ping: Ping, at: number): Pick<Answered, 'address' | 'isLate' | 'rttMs' | 'clock'> {
  const exchange = {
    originMs: ping.originMs,
    elapsedMs: at - ping.sentAt,
    receiveMs: ack.stampMs,
    holdMs: ack.holdMicros / 1000,
  };
  return {
    address: ping.address,
    isLate: ping.isOverdue,
    ...(ping.pauses === 0 && { rttMs: roundTripMs(exchange), clock: clockSample(exchange) }),
  };
}
