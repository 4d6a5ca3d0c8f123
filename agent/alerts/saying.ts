/** What this agent says of its receivers on the board. */
import { type Board, MAX_NOTE_BYTES, type Telling } from '../model/board.ts';
import type { Line } from './line.ts';
import type { NoteLine } from './told-note.ts';

/** One line for each destination: several receivers may lead to one. */
export function sayingOf(lines: readonly Line[], nowMs: number): readonly Omit<NoteLine, 'entries'>[] {
  return [...Map.groupBy(lines, ({ destination }) => destination)].map(([destination, those]) => {
    const sendingMs = latest(those.map((line) => line.sendingMs));
    const failingMs = latest(those.map((line) => line.failingMs(nowMs)));
    const notBeforeMs = Math.max(...those.map(({ holdUntilMs }) => holdUntilMs));
    return {
      destination,
      ...(sendingMs !== undefined && { sendingMs }),
      ...(failingMs !== undefined && { failingMs }),
      ...(notBeforeMs > nowMs && { notBeforeMs }),
    };
  });
}

function latest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

const LEAST_BYTES = 512;

/** With less, where what there is does not fit: the latest is what matters. */
export function tellFitting(board: Board, note: (maxBytes: number) => readonly unknown[]): Telling {
  for (let bytes = MAX_NOTE_BYTES; bytes >= LEAST_BYTES; bytes /= 2) {
    const telling = board.tell('notified', note(bytes));
    if (telling !== 'too-long') return telling;
  }
  return 'too-long';
}
