import { useEffect, useMemo } from 'preact/hooks';
import { useApp } from '../app.ts';
import { createFeed, type Feed } from '../feed.ts';

/**
 * Asks for something as long as it is on show: at once, and again while the page is seen.
 *
 * @param periodMs of an answer: large ones are asked for less often
 */
export function useFeed<T>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
  periodMs: (value: T) => number = () => 5000,
): Feed<T> {
  const { api, state } = useApp();
  const key = JSON.stringify(query);
  const feed = useMemo(
    () => createFeed<T>({ now: () => Date.now(), load: () => api.get<T>(path, query), periodMs }),
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
