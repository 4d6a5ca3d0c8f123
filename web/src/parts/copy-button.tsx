import { useSignal } from '@preact/signals';
import { copyText } from '../clipboard.ts';
import { words } from '../words/words.ts';

interface CopyButtonProps {
  /** Called on the click: the text is as of then. */
  readonly text: () => string;
  readonly label: string;
  /** What a screen reader says, where the label alone is ambiguous. */
  readonly describe?: string;
}

const SHOWN_MS = 2000;

export function CopyButton({ text, label, describe }: CopyButtonProps) {
  const answer = useSignal<string | undefined>(undefined);
  const copy = async (): Promise<void> => {
    answer.value = (await copyText(text())) ? words().copy.copied : words().copy.byHand;
    setTimeout(() => {
      answer.value = undefined;
    }, SHOWN_MS);
  };
  return (
    <button type="button" class="button button-copy" aria-label={describe} onClick={() => void copy()}>
      <span aria-live="polite">{answer.value ?? label}</span>
    </button>
  );
}
