/** What alert managers and scripts say of workloads, wired to the other agents. */
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Board } from './model/board.ts';
import type { Signal, SignalAnswer, SignalRequest } from './model/signal.ts';
import { createSignalBook } from './workloads/signals/book.ts';
import { readRequest } from './workloads/signals/read-request.ts';

export interface JoinedSignals {
  start(): void;
  stop(): void;
  /** Reads what came from outside, and takes what it says. */
  answer(request: SignalRequest): SignalAnswer;
  signals(): readonly Signal[];
}

export interface JoinedSignalsDeps {
  readonly clock: Clock;
  /** Undefined: there is no mesh, and nobody to tell. */
  readonly board: () => Board | undefined;
  /** What is known has changed. */
  readonly onNews: () => void;
}

const TELL_MS = 1000;

export function createJoinedSignals(config: Config, { clock, board, onNews }: JoinedSignalsDeps): JoinedSignals {
  const book = createSignalBook({
    self: config.node.name,
    clock,
    board: {
      tell: (topic, items) => board()?.tell(topic, items) ?? 'told',
      notes: (topic) => board()?.notes(topic) ?? [],
    },
  });
  const settings = { ttlMs: config.signals.ttlMinutes * 60_000, mapping: config.signals.mapping };
  let stop = (): void => {};
  return {
    start() {
      stop = clock.every(TELL_MS, () => book.review());
    },
    stop: () => stop(),
    answer(request) {
      const read = readRequest(request, settings);
      if (read.kind === 'mistake') return read;
      const refused = book.take(read.words);
      if (read.words.length > refused.length) onNews();
      return { kind: 'taken', taken: read.words.length - refused.length, ignored: read.ignored, refused };
    },
    signals: () => book.signals(),
  };
}
