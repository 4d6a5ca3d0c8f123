/** What the kernel's log has told within the last ten minutes. */
import type { KernelLogRead } from '../../types.ts';
import { count, enumerate } from '../figures.ts';
import { type LogEvent, eventOf, messageOf } from './log-events.ts';

export interface LogMemory {
  /** Oldest first; `at` is monotonic ms. */
  readonly events: { readonly at: number; readonly event: LogEvent }[];
  /** Records that nobody read, since the agent looked first; undefined: the log was never granted. */
  lost: number | undefined;
}

/** What a file system on one device has told, the last of it in words. */
export interface LoggedErrors {
  readonly type: string;
  readonly what: string;
  readonly times: number;
}

/** Names with their process ids, the oldest first. */
export interface KernelLogged {
  readonly killed: readonly string[];
  readonly hung: readonly string[];
  /** By device. */
  readonly errors: ReadonlyMap<string, LoggedErrors>;
}

export const LOG_MINUTES = 10;
const WINDOW_MS = LOG_MINUTES * 60_000;
/** Of a storm the last ones are enough. */
const MAX_EVENTS = 256;

export const createLogMemory = (): LogMemory => ({ events: [], lost: undefined });

/** Takes in what was logged since the last time. */
export function noteLog(memory: LogMemory, read: KernelLogRead, at: number): void {
  const { events } = memory;
  if (read.kind === 'records') memory.lost = (memory.lost ?? 0) + read.lost;
  const messages = read.kind === 'records' ? read.records.map(messageOf) : [];
  const found = messages.flatMap((message) => (message === undefined ? [] : (eventOf(message) ?? [])));
  events.push(...found.slice(-MAX_EVENTS).map((event) => ({ at, event })));
  const tooMany = Math.max(0, events.length - MAX_EVENTS);
  const tooOld = events.filter((one) => at - one.at >= WINDOW_MS).length;
  events.splice(0, Math.max(tooMany, tooOld));
}

export function loggedIn({ events }: LogMemory): KernelLogged {
  const errors = new Map<string, LoggedErrors>();
  const [killed, hung]: [string[], string[]] = [[], []];
  for (const { event } of events) {
    if (event.kind === 'oom') killed.push(`${event.process} (pid ${event.pid})`);
    if (event.kind === 'hung') hung.push(`${event.task} (pid ${event.pid})`);
    if (event.kind !== 'file-system') continue;
    const { device, type, what } = event;
    errors.set(device, { type, what, times: (errors.get(device)?.times ?? 0) + 1 });
  }
  return { killed, hung: [...new Set(hung)], errors };
}

const NAMED = 3;

/** `a, b and 7 more`, the last ones first. */
export function namesOf(names: readonly string[]): string {
  const shown = names.toReversed().slice(0, NAMED);
  const more = names.length - shown.length;
  return enumerate(more > 0 ? [...shown, `${count(more)} more`] : shown);
}
