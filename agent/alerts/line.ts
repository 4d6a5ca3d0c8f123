/** One receiver, as this agent has to do with it: what it owes it, and how sending went. */
import { backOffMs } from '../base/back-off.ts';
import type { Wishes } from './alert.ts';
import type { Timing } from './decide.ts';
import { Noticed } from './noticed.ts';
import type { Receiver, SendOutcome } from './types.ts';

/** A receiver with what it wants to hear. */
export interface Audience {
  readonly receiver: Receiver;
  readonly wishes: Wishes;
  readonly timing: Timing;
  /** For people. */
  readonly kind: string;
  /** So many alerts in one message; undefined: as many as people read. */
  readonly mostTold?: number;
}

export interface Failure {
  /** Monotonic, ms. */
  readonly atMs: number;
  readonly why: string;
  readonly isRefused: boolean;
  /** The receiver wants to be left alone by all: nobody else is to try instead. */
  readonly isHeld: boolean;
}

export type SendCounts = Readonly<Record<SendOutcome['kind'], number>>;

/** The bound on one message, whatever a receiver keeps to. */
export const SEND_WITHIN_MS = 30_000;
/** Who still says so then has forgotten to say that it is done. */
export const SENDING_FOR_MS = SEND_WITHIN_MS + 15_000;
/** Somebody has to set something right; others may have it right. */
const REFUSED_MS = 300_000;
const RETRY = { firstMs: 1000, longestMs: 300_000 };
/** Who has failed is asked again like anybody then. */
export const FAILING_FOR_MS = 600_000;

export class Line {
  readonly audience: Audience;
  destination: string;
  readonly noticed = new Noticed();
  /** What was to be told and was not, by fingerprint: since when, monotonic ms. */
  readonly owed = new Map<string, number>();
  /** A message is on its way since then; monotonic, ms. */
  sendingMs: number | undefined;
  /** Since when this agent might tell it something, at its place among all; monotonic, ms. */
  ripe: { readonly place: number; readonly sinceMs: number } | undefined;
  retryAtMs = -Infinity;
  /** Nobody is to send it anything before; monotonic, ms. */
  holdUntilMs = -Infinity;
  /** Since when no message got through; monotonic, ms. */
  failingSinceMs: number | undefined;
  lastFailure: Failure | undefined;
  lastSentMs: number | undefined;
  counts: SendCounts = { sent: 0, failed: 0, refused: 0 };
  /** The timeline says that it fails. */
  isFailureTold = false;
  #failures = 0;

  constructor(audience: Audience) {
    this.audience = audience;
    this.destination = audience.receiver.destination;
  }

  get name(): string {
    return this.audience.receiver.name;
  }

  /** It may have changed: a token was replaced. Not while a message is on its way. */
  refresh(): void {
    if (this.sendingMs === undefined) this.destination = this.audience.receiver.destination;
  }

  settle(outcome: SendOutcome, nowMs: number, random: number): void {
    this.sendingMs = undefined;
    if (outcome.kind === 'failed' && outcome.holds !== undefined) {
      this.holdUntilMs = nowMs + (outcome.retryAfterMs ?? 0);
      // It waits, and that is all.
      if (outcome.holds === 'allowance') return;
    }
    this.counts = { ...this.counts, [outcome.kind]: this.counts[outcome.kind] + 1 };
    if (outcome.kind === 'sent') {
      this.lastSentMs = nowMs;
      this.failingSinceMs = undefined;
      this.#failures = 0;
      this.retryAtMs = -Infinity;
      return;
    }
    const isRefused = outcome.kind === 'refused';
    const isHeld = outcome.kind === 'failed' && outcome.holds !== undefined;
    this.lastFailure = { atMs: nowMs, why: outcome.why, isRefused, isHeld };
    this.failingSinceMs ??= nowMs;
    this.#failures += 1;
    const afterMs = isRefused ? REFUSED_MS : (outcome.retryAfterMs ?? 0);
    this.retryAtMs = nowMs + Math.max(afterMs, backOffMs(this.#failures, random, RETRY));
  }

  /** When its last try failed, while that says something of the next. */
  failingMs(nowMs: number): number | undefined {
    const { failingSinceMs, lastFailure } = this;
    if (failingSinceMs === undefined || lastFailure === undefined || lastFailure.isHeld) return undefined;
    return nowMs - lastFailure.atMs < FAILING_FOR_MS ? lastFailure.atMs : undefined;
  }
}
