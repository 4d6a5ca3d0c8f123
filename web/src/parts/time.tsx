/** Instants and durations that go on by themselves. */
import { useApp } from '../app.ts';
import { formatDuration, formatFull, formatInstant, formatLocal } from '../format.ts';
import { words } from '../words/words.ts';

/** An instant in UTC; the browser's own time is in its tooltip. `at`: RFC 3339 or Unix ms. */
export function Instant({ at, full = false }: { readonly at: string | number; readonly full?: boolean }) {
  const { state } = useApp();
  const { time } = words();
  const ms = typeof at === 'number' ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <span>{time.unknown}</span>;
  const text = full ? formatFull(ms) : `${formatInstant(ms, state.asOf.value)} UTC`;
  return (
    <time dateTime={new Date(ms).toISOString()} title={time.here(formatLocal(ms))}>
      {text}
    </time>
  );
}

/** How long something has lasted. Stands still while the agent does not answer, and in the past. */
export function Lasting({ since }: { readonly since: string }) {
  const { state } = useApp();
  return <span class="number">{formatDuration((state.asOf.value - Date.parse(since)) / 1000)}</span>;
}

/** An age that the agent stated, plus the time since it did. Never stands still: old is old. */
export function Age({ seconds, receivedAt }: { readonly seconds: number | null; readonly receivedAt: number }) {
  const { state } = useApp();
  if (seconds === null) return <span class="muted">{words().time.never}</span>;
  return <span class="number">{formatDuration(seconds + (state.tick.value - receivedAt) / 1000)}</span>;
}

/** The same in words: `4s ago`. */
export function Ago({ seconds, receivedAt }: { readonly seconds: number; readonly receivedAt: number }) {
  const { state } = useApp();
  const age = seconds + (state.tick.value - receivedAt) / 1000;
  return <span class="number">{words().time.ago(formatDuration(age))}</span>;
}
