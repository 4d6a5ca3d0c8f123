/** The views of events and of alerts, when their file is there. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { words } from '../words/words.ts';
import type { WatchedView } from './watched.tsx';

/** Wrapped, because what is called as a function would be drawn. */
const loaded = signal<{ readonly WatchedView: typeof WatchedView } | undefined>(undefined);

export function WatchedLater({ view }: { readonly view: 'events' | 'alerts' }) {
  useEffect(() => {
    void import('./watched.tsx').then(
      (file) => (loaded.value = file),
      // The agent is gone, which the page says anyway.
      () => {},
    );
  }, []);
  const file = loaded.value;
  return file === undefined ? <p class="empty">{words().missing.readingChecks}</p> : <file.WatchedView view={view} />;
}
