/** The Node object of the node that this agent runs on: read at the start, and again now and then. */
import type { Clock } from '../base/clock.ts';
import { type Answer, failureOf } from './api/answer.ts';
import type { KubeClient } from './api/client.ts';
import { createPause } from './api/pause.ts';
import { intervalMs, spreadMs } from './budget.ts';
import { type NodeFacts, readNode } from './objects/node.ts';
import type { Rights } from './rights.ts';

export interface OwnNode {
  /** As it was read last; undefined: never. */
  facts(): NodeFacts | undefined;
  /** It was read a moment ago, and is again and again. */
  isCurrent(): boolean;
  /** There was none of that name when it was read last. */
  isMissing(): boolean;
  /** Somebody else has read this UID: another one than before is looked at soon. */
  heard(uid: string): void;
}

export interface OwnNodeDeps {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly rights: Rights;
  readonly members: () => number;
  /** Whether it is read often: a reader tells nothing of it, and how many agents share the API is known. */
  readonly isWanted: () => boolean;
  readonly onChange: () => void;
}

/** What a reader has seen the API may still deny here. */
const HEARD_MS = 60_000;
/** How many agents there are is not known before they have met. */
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Whether it is wanted may change while it is not read. */
const REVIEW_MS = 10_000;
/** Read more seldom, it does not tell how things are: of many agents none asks so often. */
const OFTEN_MS = 60_000;
/** As for the node's pods. */
const STALE_MS = 180_000;

/** Begins at once. */
export const startOwnNode = (name: string, deps: OwnNodeDeps): OwnNode => {
  const node = new Reading(name, deps);
  void node.run();
  return node;
};

class Reading implements OwnNode {
  readonly #path: string;
  readonly #deps: OwnNodeDeps;
  #facts: NodeFacts | undefined;
  #isMissing = false;
  #readAt = -Infinity;
  #answeredAt = -Infinity;
  /** Since when it is read as often as it is now. */
  #pacedAt = -Infinity;
  #wasWanted = false;

  constructor(name: string, deps: OwnNodeDeps) {
    this.#path = `/api/v1/nodes/${encodeURIComponent(name)}`;
    this.#deps = deps;
  }

  facts(): NodeFacts | undefined {
    return this.#facts;
  }

  isCurrent(): boolean {
    const { clock } = this.#deps;
    return this.#deps.isWanted() && this.#paceMs() <= OFTEN_MS && clock.monotonic() - this.#answeredAt < STALE_MS;
  }

  isMissing(): boolean {
    return this.#isMissing;
  }

  heard(uid: string): void {
    const { clock, random, signal, members } = this.#deps;
    if (this.#facts === undefined || this.#facts.uid === uid || clock.monotonic() - this.#readAt < HEARD_MS) return;
    // Of many Nodes that are registered anew at once not all agents ask at once.
    this.#readAt = clock.monotonic();
    void clock
      .sleep(spreadMs('ownNode', members()) * random(), signal)
      .then(() => (signal.aborted ? undefined : this.#read()));
  }

  async run(): Promise<void> {
    const { clock, random, signal, members } = this.#deps;
    const pause = createPause(LONGEST_PAUSE_MS, { clock, random, signal });
    while (!signal.aborted) {
      const answer = await this.#read();
      if (answer.kind === 'ok') {
        pause.reset();
        await this.#waitForTurn();
        continue;
      }
      await pause.next(failureOf(answer));
      await clock.sleep(2 * spreadMs('ownNode', members()) * random(), signal);
    }
  }

  async #read(): Promise<Answer> {
    const { client, clock, rights, onChange } = this.#deps;
    this.#readAt = clock.monotonic();
    const answer = await client.get(this.#path);
    rights.note('get nodes', answer);
    if (answer.kind === 'ok' || answer.kind === 'missing') this.#isMissing = answer.kind === 'missing';
    const next = answer.kind === 'ok' ? readNode(answer.value) : undefined;
    if (next === undefined) return answer;
    this.#answeredAt = clock.monotonic();
    const isSame = JSON.stringify(next) === JSON.stringify(this.#facts);
    this.#facts = next;
    if (!isSame) onChange();
    return answer;
  }

  #paceMs(): number {
    const { isWanted, members } = this.#deps;
    return intervalMs(isWanted() ? 'untoldNode' : 'ownNode', members());
  }

  async #waitForTurn(): Promise<void> {
    const { clock, random, signal, isWanted } = this.#deps;
    const luck = 0.75 + random() / 2;
    let isDue = false;
    while (!isDue && !signal.aborted) {
      await clock.sleep(REVIEW_MS, signal);
      const now = clock.monotonic();
      // Readers go for all agents at once, which then do not ask at once.
      if (isWanted() !== this.#wasWanted) [this.#wasWanted, this.#pacedAt] = [isWanted(), now];
      isDue = now - Math.max(this.#readAt, this.#wasWanted ? this.#pacedAt : -Infinity) >= this.#paceMs() * luck;
    }
  }
}
