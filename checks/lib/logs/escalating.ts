/**
 * Silence as seed systems judge it with a script in a probe: each probe asks for the log of a window, an empty one is a
 * failure, and the window grows with the failures in a row, so that a probe between two lines does not fail for good.
 * The k-th failure in a row needs a window of `base × (c + 1) × c / 2`, where c failures came before it, and `base` for
 * the first. With 60 s and 15 failures the end comes 111 to 112 minutes after the last line, whenever the probes are made.
 */

export interface Escalation {
  /** Of the first window and between two probes, ms. */
  readonly baseMs: number;
  /** So many failures in a row count as silence. */
  readonly failureThreshold: number;
}

export interface EscalationMemory {
  readonly failures: number;
  /** When the next probe is made, monotonic ms. */
  readonly dueAt: number;
}

/** After so many failures in a row, ms. */
export const windowMs = (failures: number, baseMs: number): number =>
  failures === 0 ? baseMs : (baseMs * failures * (failures + 1)) / 2;

/** One look; between two probes nothing changes. @param silentMs since the last line @param now monotonic ms */
export function look(
  memory: EscalationMemory,
  silentMs: number,
  now: number,
  { baseMs, failureThreshold }: Escalation,
): EscalationMemory {
  if (now < memory.dueAt) return memory;
  const dueAt =
    memory.dueAt === 0 ? now + baseMs : memory.dueAt + baseMs * Math.ceil((now - memory.dueAt + 1) / baseMs);
  const isSilent = silentMs >= windowMs(memory.failures, baseMs);
  return { failures: isSilent ? Math.min(memory.failures + 1, failureThreshold) : 0, dueAt };
}

export const NO_FAILURES: EscalationMemory = { failures: 0, dueAt: 0 };

export const hasEnded = ({ failures }: EscalationMemory, { failureThreshold }: Escalation): boolean =>
  failures >= failureThreshold;

/** Silence of that length is found in any case, ms: the last window, and a look for each failure before it. */
export const longestMs = ({ baseMs, failureThreshold }: Escalation): number =>
  windowMs(failureThreshold - 1, baseMs) + baseMs * failureThreshold;
