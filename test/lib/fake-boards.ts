/** One board as several agents have it, in virtual time: what is told takes its time, and does not pass a cut. */
import type { FakeClock } from './fake-clock.ts';
import type { Board, Note, Topic } from '../../agent/model/board.ts';

interface Posted {
  readonly items: readonly unknown[];
  readonly madeMs: number;
  /** Of all notes. */
  readonly place: number;
}

/** How long nobody notices that somebody is gone. */
const DETECT_MS = 3000;

export class FakeBoards {
  gossipMs = 300;
  /** How many notes. */
  told = 0;
  readonly #clock: FakeClock;
  /** Reader → author and topic → what it has of it. */
  readonly #notes = new Map<string, Map<string, Posted>>();
  readonly #running = new Set<string>();
  readonly #goneMs = new Map<string, number>();
  #groups: readonly (readonly string[])[] = [];
  #cutMs = -Infinity;
  #posted = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  start(name: string): void {
    this.#running.add(name);
    for (const other of this.#running) if (this.reaches(name, other)) this.#give(name, this.#of(other));
  }

  stop(name: string): void {
    this.#running.delete(name);
    this.#goneMs.set(name, this.#clock.monotonic());
  }

  cut(...groups: readonly (readonly string[])[]): void {
    this.#groups = groups;
    this.#cutMs = this.#clock.monotonic();
  }

  heal(): void {
    this.#groups = [];
    for (const one of this.#running) for (const other of this.#running) this.#give(other, this.#of(one));
  }

  reaches(one: string, other: string): boolean {
    const [here, there] = [one, other].map((name) => this.#groups.findIndex((group) => group.includes(name)));
    return this.#running.has(one) && this.#running.has(other) && here === there;
  }

  /** As far as the one knows. */
  isPresent(self: string, name: string): boolean {
    if (this.reaches(self, name)) return true;
    const lostMs = this.#running.has(name) ? this.#cutMs : (this.#goneMs.get(name) ?? -Infinity);
    return this.#clock.monotonic() - lostMs < DETECT_MS;
  }

  /** @param isOver it was killed, and changes nothing more */
  boardOf(name: string, isOver: () => boolean = () => false): Board {
    const own = this.#of(name);
    return {
      tell: (topic, items) => {
        if (isOver()) return 'not-yet';
        const text = JSON.stringify(items);
        if (items.length > 512 || Buffer.byteLength(text) > 12 * 1024) return 'too-long';
        this.#posted += 1;
        this.told += 1;
        const madeMs = this.#clock.monotonic();
        const posted = { items: JSON.parse(text) as readonly unknown[], madeMs, place: this.#posted };
        const key = `${topic} ${name}`;
        own.set(key, posted);
        for (const other of this.#running) if (this.reaches(name, other)) this.#give(other, new Map([[key, posted]]));
        return 'told';
      },
      notes: (topic: Topic) =>
        [...own].flatMap(([key, { items, madeMs }]): Note[] => {
          const [about, node = ''] = key.split(' ');
          if (about !== topic) return [];
          const isOwn = node === name;
          const ageMs = this.#clock.monotonic() - madeMs;
          return [{ node, isOwn, isCurrent: isOwn || this.isPresent(name, node), ageMs, items }];
        }),
    };
  }

  #of(name: string): Map<string, Posted> {
    const known = this.#notes.get(name) ?? new Map<string, Posted>();
    this.#notes.set(name, known);
    return known;
  }

  #give(to: string, news: ReadonlyMap<string, Posted>): void {
    const copy = new Map(news);
    this.#clock.after(this.gossipMs, () => {
      const board = this.#of(to);
      for (const [key, posted] of copy) if ((board.get(key)?.place ?? 0) < posted.place) board.set(key, posted);
    });
  }
}
