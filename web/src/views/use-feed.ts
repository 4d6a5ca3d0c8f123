import { useEffect, useMemo } from 'preact/hooks';
import { useApp } from '../app.ts';
import { createFeed, type Feed } from '../feed.ts';

const PERIOD_MS = 5000;

/** Asks for something as long as it is on show: at once, and again every few seconds while the page is seen. */
export function useFeed<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Feed<T> {
  const { api, state } = useApp();
  const key = JSON.stringify(query);
  const feed = useMemo(
    () => createFeed<T>({ now: () => Date.now(), load: () => api.get<T>(path, query), periodMs: () => PERIOD_MS }),
    [path, key],
  );
  useEffect(
    () =>
      state.tick.subscribe(() => {
        if (state.link.peek().kind !== 'paused' && !document.hidden) feed.poll();
      }),
    [feed],
  );
  return feed;
}
