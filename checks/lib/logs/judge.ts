/** What the log of one run of a container says of it. Pure. */
import type { JudgedLog, WatchedLog } from '../../types.ts';
import { count, span } from '../figures.ts';
import { type EscalationMemory, NO_FAILURES, hasEnded, look } from './escalating.ts';
import { type WatchSettings, escalationOf } from './settings.ts';

/** Something that a log says with a wall clock, and when it was by the clock that never jumps, ms. */
interface Mark {
  readonly at: number | undefined;
  readonly ms: number;
}

/** From one look to the next, of one run of a container. */
export interface LogMemory {
  readonly escalation: EscalationMemory;
  /** Monotonic ms; undefined: it was not looked at yet. */
  readonly lookedMs?: number;
  readonly started?: Mark;
  readonly written?: Mark;
  readonly read?: Mark;
}

export const NEW_LOG: LogMemory = { escalation: NO_FAILURES };

/** When a look is made. */
export interface LookTime {
  /** Unix ms. */
  readonly wall: number;
  readonly monotonic: number;
  /** When this process was last found to have been paused, monotonic ms: nobody may have been able to write. */
  readonly pausedMs?: number | undefined;
}

/**
 * Silence is counted from the last line, or from the start of the run where there was none yet, or from when its lines were
 * read without a gap. Which one is missing of
 * several lines does not matter, so that one threshold is enough: no look can fall between two lines.
 *
 * Logs tell instants of the wall clock, which may be set meanwhile. So that is asked once, how long ago an instant was when it
 * was seen first, and from there on time is counted by the clock that never jumps.
 */
export function judgeLog(
  log: WatchedLog,
  watch: WatchSettings,
  memory: LogMemory,
  { wall, monotonic, pausedMs = -Infinity }: LookTime,
): { readonly judged: JudgedLog; readonly memory: LogMemory } {
  // What was not read may have held a line.
  const follow = (known: Mark | undefined, at: number | undefined): Mark => {
    if (known !== undefined && known.at === at) return known;
    if (at === undefined) return { at, ms: -Infinity };
    // What is new since the last look was not before it, whatever its clock says.
    return { at, ms: Math.max(monotonic - Math.max(0, wall - at), memory.lookedMs ?? -Infinity) };
  };
  const started = memory.started ?? follow(undefined, log.startedAt);
  const [written, read] = [follow(memory.written, log.lastWriteAt), follow(memory.read, log.readSince)];
  const heardMs = Math.max(started.ms, written.ms, read.ms, pausedMs);
  const silentMs = log.why === undefined ? monotonic - heardMs : 0;
  const escalation = escalationOf(watch);
  const ranMs = monotonic - started.ms;
  const isStarting = ranMs < watch.initialDelaySeconds * 1000;
  const next: LogMemory = {
    escalation:
      escalation === undefined || log.why !== undefined || isStarting
        ? memory.escalation
        : look(memory.escalation, silentMs, monotonic, escalation),
    lookedMs: monotonic,
    started,
    written,
    read,
  };
  const tell = (verdict: JudgedLog['verdict'], words = '') => ({
    judged: { ...log, startedAt: wall - ranMs, verdict, words, silentMs },
    memory: next,
  });
  if (log.why !== undefined) return tell('unknown', `its log cannot be read: ${log.why}`);
  if (watch.pattern !== '' && log.matches >= watch.patternCount)
    return tell('matching', `${count(log.matches)} lines of the last ${span(watch.patternSeconds * 1000)} match`);
  // A log in a form that nobody knows cannot be told from one without a line.
  if (log.lastWriteAt === undefined && log.unreadableLines > 0)
    return tell('unknown', `its log is in a form that is not known (${count(log.unreadableLines)} lines)`);
  const isSilent =
    escalation === undefined
      ? watch.maxSilenceSeconds > 0 && silentMs > watch.maxSilenceSeconds * 1000
      : hasEnded(next.escalation, escalation);
  if (!isSilent) return tell('well');
  return isStarting
    ? tell('quiet', 'it may still be starting')
    : tell('silent', `it has written nothing for ${span(silentMs)}`);
}
