import { useApp } from '../app.ts';
import { formatClock, formatDuration, formatFull } from '../format.ts';
import { neighboursOf } from '../past.ts';
import { momentAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { openDialog } from './dialog.tsx';
import { Elsewhere } from './elsewhere.tsx';
import { Icon } from './icon.tsx';

/** Says over the whole width that what is on show is not current, and stays in view. */
export function Banner() {
  return (
    <div class="banners">
      <LinkBanner />
      <PastBanner />
    </div>
  );
}

function LinkBanner() {
  const { state, live } = useApp();
  const { banner } = words();
  const link = state.link.value;
  if (link.kind !== 'lost' && link.kind !== 'paused') return null;
  const from = state.shownFrom.value;
  // The form says it all.
  if (from === undefined && link.kind === 'lost' && link.asksToken === true) return null;
  const isLost = link.kind === 'lost';
  return (
    <div class={`banner banner-${link.kind}`} role={isLost ? 'alert' : undefined}>
      <Icon sign={link.kind} />
      <p>
        <strong>{isLost ? banner.notCurrent : banner.paused}</strong>{' '}
        {isLost ? <span lang="en">{link.why}</span> : null} <StaleFrom from={from} />{' '}
        {isLost && !link.answered ? (
          <Elsewhere label={banner.elsewhere} agents={state.status.value?.value.elsewhere ?? []} />
        ) : null}
      </p>
      {isLost ? (
        <button type="button" class="button" onClick={() => live.refreshNow()}>
          {banner.askAgain}
        </button>
      ) : (
        <button type="button" class="button" onClick={() => live.resume()}>
          {banner.resume}
        </button>
      )}
    </div>
  );
}

/** Hidden from screen readers: inside an alert it would be spoken every second. */
function StaleFrom({ from }: { readonly from: number | undefined }) {
  const { state } = useApp();
  const { banner, time } = words();
  if (from === undefined) return <span>{banner.nothingYet}</span>;
  return (
    <span aria-hidden="true">
      {banner.from(formatClock(from + state.clockOffsetMs.value))}{' '}
      <span class="number">{time.ago(formatDuration((state.tick.value - from) / 1000))}</span>.
    </span>
  );
}

/** Back in time: which time, the conclusions before and after, and the way back. */
function PastBanner() {
  const { state } = useApp();
  const { banner, past, time } = words();
  const at = state.at.value;
  if (at === undefined) return null;
  const status = state.past.value?.value;
  const { before, after } = status === undefined ? { before: undefined, after: undefined } : neighboursOf(status);
  const ago = (state.tick.value + state.clockOffsetMs.value - at) / 1000;
  return (
    <div class="banner banner-past" role="status">
      <Icon sign="past" />
      <p>
        <strong>{banner.past}</strong> {banner.pastAt(formatFull(at))}{' '}
        <span class="number" aria-hidden="true">
          {time.ago(formatDuration(ago))}
        </span>
      </p>
      <div class="banner-steps">
        {before === undefined ? null : (
          <a class="button" href={momentAddress(before)}>
            ‹ {past.before}
          </a>
        )}
        {after === undefined ? null : (
          <a class="button" href={momentAddress(after)}>
            {past.after} ›
          </a>
        )}
        <button type="button" class="button" onClick={() => openDialog('past')}>
          {past.another}
        </button>
        <a class="button button-now" href="#/">
          {banner.toNow}
        </a>
      </div>
    </div>
  );
}
