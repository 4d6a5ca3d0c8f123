import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

/** What may be drawn in the frame after: what was asked for is seen first. */
export function Later({ children }: { readonly children: ComponentChildren }) {
  const isDue = useSignal(false);
  useEffect(() => {
    isDue.value = true;
  }, []);
  return isDue.value ? <>{children}</> : null;
}
