import { useApp } from '../app.ts';
import type { ApiStatus } from '../../../agent/http/contract.ts';
import { formatClock, formatDuration, plural } from '../format.ts';
import { faceOf, pageFace } from '../status-face.ts';
import { Icon } from './icon.tsx';
import { Age, Instant } from './time.tsx';

/** The answer: one word, one sentence, and from where it was seen. Small where something else was asked for. */
export function StatusBand() {
  const { state } = useApp();
  const link = state.link.value;
  const status = state.status.value?.value;
  const face = pageFace(link, status?.status);
  const isMain = state.route.value.view === 'overview';
  const sentence = link.kind === 'lost' ? link.why : (status?.sentence ?? 'Asking the agent that serves this page.');
  return (
    <section class={`band band-${face.sign}${isMain ? '' : ' band-small'}`} aria-label="Status">
      <div class="band-sign">
        <Icon sign={face.sign} />
      </div>
      <div class="band-text">
        <p class="band-word">{face.word}</p>
        <h1 class="band-sentence">{sentence}</h1>
        {link.kind === 'lost' ? <LastKnown /> : <Meta />}
      </div>
      <Announcement text={`${face.word}. ${sentence}`} />
    </section>
  );
}

/** Spoken when it changes, and only then: it holds no clock. */
function Announcement({ text }: { readonly text: string }) {
  return (
    <p class="off-screen" role="status">
      {text}
    </p>
  );
}

function Meta() {
  const { state } = useApp();
  const status = state.status.value;
  if (status === undefined) return null;
  const { view, at } = status.value;
  return (
    <p class="band-meta">
      <span>
        Seen from <strong>{view.node}</strong> · {viewWords(view)}
      </span>
      <span>
        concluded <Instant at={at} />,{' '}
        <Age
          seconds={Math.max(0, ageOf(at, status.receivedAt + state.clockOffsetMs.value))}
          receivedAt={status.receivedAt}
        />{' '}
        ago
      </span>
      {view.settled ? null : <span class="tag">just started: not everything has been looked at yet</span>}
    </p>
  );
}

/** Who is connected counts; of those a report may still be late. */
function viewWords({ members, current, component = current }: ApiStatus['view']): string {
  const late = component - current;
  const reports = late > 0 ? `, ${plural(late, 'report')} not current` : '';
  return `${component} of ${plural(members, 'member')} connected${reports}`;
}

const ageOf = (at: string, by: number): number => (by - Date.parse(at)) / 1000;

/** What was said last, as history. */
function LastKnown() {
  const { state } = useApp();
  const status = state.status.value?.value;
  const from = state.shownFrom.value;
  if (status === undefined || from === undefined) return <p class="band-meta">Nothing was heard from it yet.</p>;
  return (
    <p class="band-meta">
      <span>
        Not heard for <strong class="number">{formatDuration((state.tick.value - from) / 1000)}</strong>. At{' '}
        {formatClock(from + state.clockOffsetMs.value)} UTC it was {faceOf(status.status).word.toLowerCase()}:{' '}
        {status.sentence}
      </span>
    </p>
  );
}
