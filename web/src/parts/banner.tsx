import { useApp } from '../app.ts';
import { formatClock, formatDuration } from '../format.ts';
import { Icon } from './icon.tsx';

/** Says over the whole width that what is on show is not current, and stays in view. */
export function Banner() {
  const { state, live } = useApp();
  const link = state.link.value;
  if (link.kind !== 'lost' && link.kind !== 'paused') return null;
  const from = state.shownFrom.value;
  const isLost = link.kind === 'lost';
  return (
    <div class={`banner banner-${link.kind}`} role={isLost ? 'alert' : undefined}>
      <Icon sign={link.kind} />
      <p>
        <strong>{isLost ? 'Not current.' : 'Paused.'}</strong> {isLost ? link.why : null} <StaleFrom from={from} />
      </p>
      {isLost ? (
        <button type="button" class="button" onClick={() => live.refreshNow()}>
          Ask again
        </button>
      ) : (
        <button type="button" class="button" onClick={() => live.resume()}>
          Resume
        </button>
      )}
    </div>
  );
}

/** Hidden from screen readers: inside an alert it would be spoken every second. */
function StaleFrom({ from }: { readonly from: number | undefined }) {
  const { state } = useApp();
  if (from === undefined) return <span>There is nothing to show yet.</span>;
  return (
    <span aria-hidden="true">
      What you see is from {formatClock(from + state.clockOffsetMs.value)} UTC,{' '}
      <span class="number">{formatDuration((state.tick.value - from) / 1000)}</span> ago.
    </span>
  );
}
