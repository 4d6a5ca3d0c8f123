/** A few words beside what is under the pointer or has the focus. There is one for the whole page. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Shown {
  /** What it is about. */
  readonly target: Element;
  readonly content: ComponentChildren;
}

const shown = signal<Shown | undefined>(undefined);

export function showHint(target: Element, content: ComponentChildren): void {
  if (shown.peek()?.target !== target) shown.value = { target, content };
}

export function hideHint(): void {
  shown.value = undefined;
}

const MARGIN = 8;

/** Its place is outside of the page's frame: a filter there would change what its position is relative to. */
export function Hint() {
  const box = useRef<HTMLDivElement>(null);
  const hint = shown.value;
  useLayoutEffect(() => {
    if (box.current === null || hint === undefined) return;
    const about = hint.target.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box.current;
    const left = Math.min(
      about.left + about.width / 2 - width / 2,
      document.documentElement.clientWidth - width - MARGIN,
    );
    const fitsBelow = about.bottom + height + 2 * MARGIN < window.innerHeight;
    box.current.style.left = `${Math.max(MARGIN, left)}px`;
    box.current.style.top = `${fitsBelow ? about.bottom + MARGIN / 2 : Math.max(MARGIN, about.top - height - MARGIN / 2)}px`;
  }, [hint]);
  if (hint === undefined) return null;
  return (
    <div class="hint" role="tooltip" ref={box}>
      {hint.content}
    </div>
  );
}
