/** The view of scenes, when its file is there. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { words } from '../words/words.ts';
import type { ScenesView } from './scenes.tsx';

/** Wrapped, because what is called as a function would be drawn. */
const loaded = signal<{ readonly ScenesView: typeof ScenesView } | undefined>(undefined);

export function ScenesLater({ scene }: { readonly scene?: string }) {
  useEffect(() => {
    void import('./scenes.tsx').then(
      (file) => (loaded.value = file),
      // The agent is gone, which the page says anyway.
      () => {},
    );
  }, []);
  const view = loaded.value;
  if (view === undefined) return <p class="empty">{words().scenes.reading}</p>;
  return <view.ScenesView {...(scene !== undefined && { scene })} />;
}
