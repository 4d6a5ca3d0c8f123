/** What the log of one run of a container says of it. Pure. */
import type { JudgedLog, WatchedLog } from '../../types.ts';
import { count, span } from '../figures.ts';
import { type EscalationMemory, NO_FAILURES, hasEnded, look } from './escalating.ts';
import { type WatchSettings, escalationOf } from './settings.ts';

/** From one look to the next, of one run of a container. */
export interface LogMemory {
  readonly escalation: EscalationMemory;
}

export const NEW_LOG: LogMemory = { escalation: NO_FAILURES };

/**
 * Silence is counted from the last line, or from the start of the run where there was none yet, or from when its lines were
 * read without a gap. Which one is missing of
 * several lines does not matter, so that one threshold is enough: no look can fall between two lines.
 *
 * @param now Unix ms
 */
export function judgeLog(
  log: WatchedLog,
  watch: WatchSettings,
  memory: LogMemory,
  now: number,
): { readonly judged: JudgedLog; readonly memory: LogMemory } {
  // What was not read may have held a line.
  const heardAt = Math.max(log.startedAt, log.lastWriteAt ?? 0, log.readSince ?? 0);
  const silentMs = log.why === undefined ? Math.max(0, now - heardAt) : 0;
  const escalation = escalationOf(watch);
  const isStarting = now - log.startedAt < watch.initialDelaySeconds * 1000;
  const next: LogMemory =
    escalation === undefined || log.why !== undefined || isStarting
      ? memory
      : { escalation: look(memory.escalation, silentMs, now, escalation) };
  const tell = (verdict: JudgedLog['verdict'], words = '') => ({
    judged: { ...log, verdict, words, silentMs },
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
