import { useApp } from '../app.ts';
import type { ApiStatus } from '../../../agent/http/contract.ts';
import { formatClock, formatDuration } from '../format.ts';
import { faceOf, pageFace, pastFace } from '../status-face.ts';
import { words } from '../words/words.ts';
import { Elsewhere } from './elsewhere.tsx';
import { Icon } from './icon.tsx';
import { Ago, Instant } from './time.tsx';

/** The answer: one word, one sentence, and from where it was seen. Small where something else was asked for. */
export function StatusBand() {
  const { state } = useApp();
  const { band, past } = words();
  const isPast = state.at.value !== undefined;
  const link = state.link.value;
  const status = state.shown.value?.value;
  const face = isPast ? pastFace(status?.status) : pageFace(link, status?.status);
  const isMain = state.route.value.view === 'overview';
  const isLost = !isPast && link.kind === 'lost';
  const said = isLost ? link.why : status?.sentence;
  const sentence = said ?? (isPast ? past.reading : band.asking);
  return (
    <section class={`band band-${face.sign}${isMain ? '' : ' band-small'}`} aria-label={band.label}>
      <div class="band-sign">
        <Icon sign={face.sign} />
      </div>
      <div class="band-text">
        <p class="band-word">{face.word}</p>
        <h1 class="band-sentence" lang={said === undefined ? undefined : 'en'}>
          {sentence}
        </h1>
        {isLost ? <LastKnown /> : isPast ? <Then /> : <Meta />}
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
  const { band } = words();
  const status = state.status.value;
  if (status === undefined) return null;
  const { view, at, elsewhere = [] } = status.value;
  const age = ageOf(at, status.receivedAt + state.clockOffsetMs.value);
  // Whose agent is known not to run is on no side.
  const unheard = elsewhere.filter(({ connected }) => !connected);
  const side = unheard.length === 0 ? undefined : sideOf(view);
  return (
    <>
      <p class="band-meta">
        <Place view={view} />
        <span>
          {band.concluded} <Instant at={at} />, <Ago seconds={Math.max(0, age)} receivedAt={status.receivedAt} />
        </span>
        {view.settled ? null : <span class="tag">{band.starting}</span>}
      </p>
      {side === undefined ? null : (
        <p class="band-side">
          <strong>{side}.</strong> {band.sideMeaning} <Elsewhere label={band.askThem} agents={unheard} />
        </p>
      )}
    </>
  );
}

/** Who is connected counts; of those a report may still be late. */
function Place({ view: { node, members, current, component = current } }: Pick<ApiStatus, 'view'>) {
  const { band, comma } = words();
  const late = component - current;
  return (
    <span>
      {band.seenFrom} <strong>{node}</strong> · {band.connected(component, members)}
      {late > 0 ? `${comma}${band.late(late)}` : null}
    </span>
  );
}

/** On which side of the members that are not connected; undefined: all are. */
function sideOf({ members, current, component = current }: ApiStatus['view']): string | undefined {
  const { side } = words().band;
  if (component >= members) return undefined;
  return 2 * component > members ? side.most : 2 * component === members ? side.half : side.few;
}

const ageOf = (at: string, by: number): number => (by - Date.parse(at)) / 1000;

/** What was said last, as history. */
function LastKnown() {
  const { state } = useApp();
  const { band } = words();
  const status = state.status.value?.value;
  const from = state.shownFrom.value;
  if (status === undefined || from === undefined) return <p class="band-meta">{band.nothingHeard}</p>;
  const clock = formatClock(from + state.clockOffsetMs.value);
  return (
    <p class="band-meta">
      <span>
        {band.notHeard} <strong class="number">{formatDuration((state.tick.value - from) / 1000)}</strong>.{' '}
        {band.itWas(clock, faceOf(status.status).word)} <span lang="en">{status.sentence}</span>
      </span>
    </p>
  );
}

/** Of an earlier time: who concluded it, and for how long it held. */
function Then() {
  const { state } = useApp();
  const { band, past: pastWords } = words();
  const status = state.past.value?.value;
  if (status === undefined) return null;
  const { view, past } = status;
  return (
    <p class="band-meta">
      {view.members === 0 ? (
        <span>
          {band.seenFrom} <strong>{view.node}</strong>
        </span>
      ) : (
        <Place view={view} />
      )}
      {past?.since === undefined ? null : (
        <span>
          {band.thenFrom} <Instant at={past.since} />{' '}
          {past.until === undefined ? (
            band.thenStill
          ) : (
            <>
              {band.thenTo} <Instant at={past.until} />
            </>
          )}
        </span>
      )}
      {past?.logBegins === undefined ? null : (
        <span>
          {pastWords.beginsAt} <Instant at={past.logBegins} />
        </span>
      )}
    </p>
  );
}
