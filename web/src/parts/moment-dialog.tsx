import { useSignal } from '@preact/signals';
import { useApp } from '../app.ts';
import { formatDuration } from '../format.ts';
import { momentAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { closeDialog, Dialog } from './dialog.tsx';

/** Seconds before now that are asked for most: of a quarter of an hour, an hour, a night, a day and a week. */
const STEPS = [300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400] as const;

/** Chooses a time of which the cluster is shown. In UTC, as all times of the page. */
export function MomentDialog() {
  const { state } = useApp();
  const { past } = words();
  const now = state.tick.peek() + state.clockOffsetMs.peek();
  const text = useSignal(fieldText(state.at.peek() ?? now));
  const show = (at: number): void => {
    location.hash = momentAddress(Math.min(at, now));
    closeDialog();
  };
  return (
    <Dialog title={past.pick}>
      <form
        class="moment"
        onSubmit={(event) => {
          event.preventDefault();
          const at = Date.parse(`${text.value}Z`);
          if (!Number.isNaN(at)) show(at);
        }}
      >
        <label>
          {past.utc}{' '}
          <input
            type="datetime-local"
            class="input"
            step="1"
            required
            max={fieldText(now)}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button">
          {past.show}
        </button>
      </form>
      <p class="moment-steps">
        <span class="muted">{past.ago}</span>
        {STEPS.map((seconds) => (
          <button key={seconds} type="button" class="button" onClick={() => show(now - seconds * 1000)}>
            {formatDuration(seconds)}
          </button>
        ))}
      </p>
    </Dialog>
  );
}

/** As the field wants it, without a zone: `2026-11-20T02:14:05`. */
const fieldText = (at: number): string => new Date(at).toISOString().slice(0, 19);
