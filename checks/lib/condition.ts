/**
 * How something has been over the runs of a check, for what may be over in a moment: it is updated, it moves, it is still
 * starting. Only the check knows how long each of these takes.
 */
export interface Condition {
  /** This agent saw it well. */
  readonly wasWell: boolean;
  /** It was not well the last time. */
  readonly isBad: boolean;
  /** It is well. */
  noteWell(): void;
  /** It is not well. Returns since how long without a well look in between, ms: 0 the first time. */
  noteBad(nowMs: number): number;
}

export function createCondition(): Condition {
  let wasWell = false;
  let badSinceMs: number | undefined;
  return {
    get wasWell() {
      return wasWell;
    },
    get isBad() {
      return badSinceMs !== undefined;
    },
    noteWell() {
      wasWell = true;
      badSinceMs = undefined;
    },
    noteBad(nowMs) {
      badSinceMs ??= nowMs;
      return nowMs - badSinceMs;
    },
  };
}
