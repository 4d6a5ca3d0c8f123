/** What strangers and failing peers cause is logged as counts, at most twice a minute, however much of it there is. */
import type { TransportCounts } from '../types.ts';
import type { TransportDeps } from './transport.ts';

const PERIOD_MS = 30_000;

/** Returns how to stop. */
export function reportCounts(counts: () => TransportCounts, { clock, log }: TransportDeps): () => void {
  let before = figures(counts());
  return clock.every(PERIOD_MS, () => {
    const now = figures(counts());
    const changed = Object.entries(now).filter(([name, value]) => value !== before[name]);
    if (changed.length > 0)
      log.warn(
        Object.fromEntries(changed.map(([name, value]) => [name, value - (before[name] ?? 0)])),
        'inbound connections were refused, or connections and messages failed, in the last 30 s',
      );
    before = now;
  });
}

function figures({
  refused,
  messages,
  deaf,
  silent,
  duplicates,
  handlersFailed,
}: TransportCounts): Record<string, number> {
  return {
    refusedStranger: refused.stranger,
    refusedLimit: refused.limit,
    refusedOther: refused.other,
    messagesRejected: messages.rejected,
    deafConnectionsClosed: deaf,
    silentConnectionsClosed: silent,
    secondConnectionsClosed: duplicates,
    handlersFailed,
  };
}
