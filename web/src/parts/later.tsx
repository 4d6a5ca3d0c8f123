import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { whenSeen } from '../frames.ts';

/** What may be drawn in a later frame: what was asked for is seen first. */
export function Later({ children }: { readonly children: ComponentChildren }) {
  const isDue = useSignal(false);
  useEffect(() => whenSeen(() => (isDue.value = true)), []);
  return isDue.value ? <>{children}</> : null;
}
