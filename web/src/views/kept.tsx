import { effect, type ReadonlySignal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { AppContext, useApp } from '../app.ts';
import { holdApp } from '../held.ts';

interface KeptProps {
  readonly isShown: ReadonlySignal<boolean>;
  readonly view: FunctionComponent;
}

/** How a view was left. */
interface Left {
  readonly top: number;
  readonly focus: Element | null;
}

/**
 * A view that, once it was on show, stays in the document while another one is. To take down what a large cluster has
 * there and to draw it again takes a slow machine longer than all of a node's page. Meanwhile nobody can reach it (see
 * `.kept`) and it stands still (see held.ts); it comes back as it was left.
 */
export function Kept({ isShown, view: View }: KeptProps) {
  const app = useApp();
  const wasShown = useRef(false);
  const left = useRef<Left | undefined>(undefined);
  // The same element, so that only what changed in it is drawn again.
  const element = useMemo(
    () => (
      <AppContext.Provider value={holdApp(app, isShown)}>
        <View />
      </AppContext.Provider>
    ),
    [app, isShown, View],
  );
  useEffect(() => {
    let was = false;
    // An effect runs before anything is drawn: everything is still where it was.
    return effect(() => {
      const leaves = was && !isShown.value;
      was = isShown.value;
      if (leaves) left.current = { top: window.scrollY, focus: document.querySelector(':focus-visible') };
    });
  }, [isShown]);
  useLayoutEffect(() => {
    if (!isShown.value || left.current === undefined) return;
    const { top, focus } = left.current;
    window.scrollTo(0, top);
    if (focus instanceof HTMLElement) focus.focus({ preventScroll: true });
  }, [isShown.value]);
  wasShown.current ||= isShown.value;
  return wasShown.current ? <div class={isShown.value ? undefined : 'kept'}>{element}</div> : null;
}
