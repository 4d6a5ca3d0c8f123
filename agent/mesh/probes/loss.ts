/** Loss on one edge over my last 10 settled pings, and in which direction it happened. */
import type { Heard } from './datagram.ts';

/** `lost` of `of`; `of` is 0 where nothing is known. */
export interface Share {
  readonly lost: number;
  readonly of: number;
}

export interface Loss {
  /** Pings without an answer in time. */
  readonly roundTrip: Share;
  /** Pings that the peer says it did not hear. */
  readonly toPeer: Share;
  /** Pings that the peer heard and whose answer did not arrive in time. */
  readonly fromPeer: Share;
}

export interface LossRecord {
  /** A ping was answered in time, or was not. */
  settle(sequence: number, isAnswered: boolean): void;
  /**
   * The peer states which of my pings it heard. `nextSequence` is what my next ping will have: of a boot not seen before,
   * only what is sent from now on, or what this very statement answers, can be judged.
   */
  learn(statement: { heard: Heard; boot: number; nextSequence: number; answers?: number }): void;
  loss(): Loss;
}

interface Settled {
  readonly sequence: number;
  readonly isAnswered: boolean;
  isHeard?: boolean;
}

const KEPT_PINGS = 10;
const WINDOW_PINGS = 16;

export function createLossRecord(): LossRecord {
  const settled: Settled[] = [];
  let peer: { readonly boot: number; readonly since: number } | undefined;
  return {
    settle(sequence, isAnswered) {
      settled.push({ sequence, isAnswered, ...(isAnswered && { isHeard: true }) });
      if (settled.length > KEPT_PINGS) settled.shift();
    },
    learn({ heard, boot, nextSequence, answers }) {
      if (peer?.boot !== boot) peer = { boot, since: answers ?? nextSequence };
      const highest = fullSequence(heard.highest, nextSequence - 1);
      // It heard the ping that it answers: a statement that denies it is about an earlier life of mine.
      if (answers !== undefined && hasHeard(heard.bits, highest - answers) !== true) return;
      for (const ping of settled) {
        if (ping.isHeard === true || ping.sequence < peer.since) continue;
        // An ack speaks of what was sent before its own ping, a ping of everything that is settled.
        if (answers !== undefined && ping.sequence > answers) continue;
        const isHeard = hasHeard(heard.bits, highest - ping.sequence);
        if (isHeard !== undefined) ping.isHeard = isHeard;
      }
    },
    loss() {
      const judged = settled.filter(({ isHeard }) => isHeard !== undefined);
      const heard = judged.filter(({ isHeard }) => isHeard === true);
      return {
        roundTrip: { lost: countUnanswered(settled), of: settled.length },
        toPeer: { lost: judged.length - heard.length, of: judged.length },
        fromPeer: { lost: countUnanswered(heard), of: heard.length },
      };
    },
  };
}

const countUnanswered = (pings: readonly Settled[]): number => pings.filter(({ isAnswered }) => !isAnswered).length;

/** Undefined for what left the peer's window. */
function hasHeard(bits: number, behind: number): boolean | undefined {
  if (bits === 0 || behind < 0) return false;
  return behind < WINDOW_PINGS ? (bits & (1 << behind)) !== 0 : undefined;
}

/** The largest number up to `newest` with these low 16 bits. */
const fullSequence = (low: number, newest: number): number => newest - ((newest - low) & 0xffff);
