/** What the Kubernetes API tells of its objects, and who reads it for all. */
import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ApiClusterEvent, ApiClusterEvents, ApiEventFeed } from '../../../agent/http/contract/events.ts';
import { useApp } from '../app.ts';
import { asSentence, formatClock, formatDay, formatDuration } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import type { Sign } from '../parts/shapes.ts';
import { nodeAddress } from '../route.ts';
import { watchedWords } from '../words/watched.ts';
import { words } from '../words/words.ts';
import { DEFAULT_FILTER, type EventFilter, RANGES, filterIn, matches, withFilter } from './event-filter.ts';
import { useFocusedHeading } from './focus.ts';
import { useFeed } from './use-feed.ts';

const MOST = 500;
/** Each may have come from another agent: so many are asked for every 20 s. */
const EACH_MS = 40;
const periodMs = ({ events }: ApiClusterEvents): number => Math.max(5000, events.length * EACH_MS);

export function EventsView() {
  const { state } = useApp();
  const heading = useFocusedHeading('events');
  const filter = useSignal<EventFilter>(filterIn(location.hash));
  const choose = (some: Partial<EventFilter>): void => {
    filter.value = { ...filter.peek(), ...some };
    // The address is to be shared, and no step back each.
    history.replaceState(history.state, '', withFilter(filter.peek(), location.hash));
  };
  useEffect(() => {
    const read = (): void => void (filter.value = filterIn(location.hash));
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);
  const { since, type, namespace, text } = filter.value;
  const query = {
    since: `-${since}`,
    limit: MOST,
    type: type === '' ? undefined : type,
    namespace: namespace === '' ? undefined : namespace,
  };
  const feed = useFeed<ApiClusterEvents>('api/v1/events', query, periodMs);
  const namespaces = useNamespaces(feed.answer.value?.value, namespace);
  const { events: own } = watchedWords();
  const answer = feed.answer.value?.value;
  const failure = state.current.value ? feed.failure.value : undefined;
  const shown = answer?.events.filter((event) => matches(event, text)) ?? [];
  return (
    <section class="panel" aria-labelledby="events-title">
      <div class="panel-head">
        <h2 id="events-title" tabIndex={-1} ref={heading}>
          {own.title}
        </h2>
        {answer === undefined ? null : <FeedMark feed={answer.feed} />}
        {answer?.feed.state === 'current' ? <FeedWords feed={answer.feed} /> : null}
        <a href="#/">{words().missing.back}</a>
        <a href="#/alerts">{own.toAlerts}</a>
      </div>
      <Filter filter={filter.value} namespaces={namespaces} choose={choose} />
      {failure === undefined ? null : <Notice>{own.fails(asSentence(failure))}</Notice>}
      {answer === undefined ? (
        failure === undefined ? (
          <p class="empty">{own.reading}</p>
        ) : null
      ) : (
        <>
          <Gaps {...answer} />
          {shown.length === 0 ? (
            <p class="empty">{answer.events.length > 0 || isSure(answer) ? own.none : own.noneKnown}</p>
          ) : (
            <List events={shown} />
          )}
          <p class="legend">
            <span role="status">
              {shown.length === answer.events.length
                ? own.count(shown.length)
                : own.shown(shown.length, answer.events.length)}
            </span>
            {'. '}
            {own.best}
          </p>
        </>
      )}
    </section>
  );
}

/** Only then it says something that there is none. */
const isSure = ({ feed, missing }: ApiClusterEvents): boolean => feed.state === 'current' && missing === undefined;

/** All that were seen while this is on show: of one that is chosen there are no others in the answer. */
function useNamespaces(answer: ApiClusterEvents | undefined, chosen: string): readonly string[] {
  const seen = useSignal<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const found = answer?.events.map(({ namespace = '' }) => namespace) ?? [];
    const all = new Set([...seen.peek(), chosen, ...found].filter((name) => name !== ''));
    if (all.size !== seen.peek().size) seen.value = all;
  }, [answer, chosen]);
  return useComputed(() => [...seen.value].sort()).value;
}

const Notice = ({ children }: { readonly children: string }) => (
  <p class="notice" role="note">
    {children}
  </p>
);

const FEED_SIGNS: Readonly<Record<ApiEventFeed['state'], Sign>> = { current: 'ok', stale: 'warning', none: 'unknown' };

/** Whether they are as the API has them. */
function FeedMark({ feed }: { readonly feed: ApiEventFeed }) {
  const sign = FEED_SIGNS[feed.state];
  return (
    <span class={`state state-${sign}`}>
      <Icon sign={sign} />
      {watchedWords().events.feed[feed.state]}
    </span>
  );
}

const FeedWords = ({ feed }: { readonly feed: ApiEventFeed }) => (
  <p class="muted" lang="en">
    {feed.sentence}
  </p>
);

/** What the list does not tell: why it is not current, and what is not in it. */
function Gaps({ feed, cut, missing, events }: ApiClusterEvents) {
  const { events: own } = watchedWords();
  return (
    <>
      {feed.state === 'current' ? null : (
        <p class="notice" role="note" lang="en">
          {feed.sentence}
        </p>
      )}
      {missing === undefined || missing === feed.why ? null : <Notice>{own.missing(asSentence(missing))}</Notice>}
      {cut ? <Notice>{own.cut(events.length)}</Notice> : null}
    </>
  );
}

interface FilterProps {
  readonly filter: EventFilter;
  readonly namespaces: readonly string[];
  readonly choose: (some: Partial<EventFilter>) => void;
}

/** The two that Kubernetes has; of any other all events tell. */
const TYPES = ['', 'Warning', 'Normal'] as const;

function Filter({ filter, namespaces, choose }: FilterProps) {
  const { events: own } = watchedWords();
  return (
    <div class="filter">
      <input
        type="search"
        class="input"
        placeholder={own.textShort}
        aria-label={own.text}
        value={filter.text}
        onInput={(event) => choose({ text: event.currentTarget.value })}
      />
      <Buttons label={own.types} values={TYPES} chosen={filter.type} choose={(type) => choose({ type })}>
        {(type) => (type === '' ? own.all : type)}
      </Buttons>
      <Buttons label={own.times} values={RANGES} chosen={filter.since} choose={(since) => choose({ since })}>
        {(since) => since}
      </Buttons>
      <select
        aria-label={own.namespaces}
        value={filter.namespace}
        onChange={(event) => choose({ namespace: event.currentTarget.value })}
      >
        <option value={DEFAULT_FILTER.namespace}>{own.anyNamespace}</option>
        {namespaces.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface ButtonsProps<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly chosen: string;
  readonly choose: (value: Value) => void;
  readonly children: (value: Value) => string;
}

function Buttons<Value extends string>({ label, values, chosen, choose, children }: ButtonsProps<Value>) {
  return (
    <div class="filter" role="group" aria-label={label}>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          class="filter-button"
          aria-pressed={chosen === value}
          onClick={() => choose(value)}
        >
          {children(value)}
        </button>
      ))}
    </div>
  );
}

/** By day, latest first. */
function List({ events }: { readonly events: readonly ApiClusterEvent[] }) {
  const days = [...Map.groupBy(events, ({ at }) => formatDay(Date.parse(at)))];
  return (
    <>
      {days.map(([day, entries]) => (
        <section key={day} aria-label={day}>
          <h3 class="day">{day}</h3>
          <ol class="events">
            {entries.map((event) => (
              <Entry key={event.uid} event={event} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

function Entry({ event }: { readonly event: ApiClusterEvent }) {
  const { at, type, reason, message, kind, namespace, name, container, node, occurrences, count } = event;
  const sign = type === 'Warning' ? 'warning' : 'info';
  const { state } = useApp();
  const { time } = words();
  const isNode = kind === 'Node' && (node ?? name) === name;
  return (
    <li class="event" data-event={event.uid}>
      <time dateTime={at} class="event-time number" title={time.here(new Date(at).toLocaleString())}>
        {formatClock(Date.parse(at))}
      </time>
      <Icon sign={sign} />
      <div class="event-text">
        <span class={`word word-${sign}`} lang="en">
          {reason}
        </span>{' '}
        <span class="muted">{type === 'Warning' || type === 'Normal' ? '' : `${type} `}</span>
        <strong>
          {kind} {namespace === undefined ? '' : `${namespace}/`}
          {isNode ? <a href={nodeAddress(name)}>{name}</a> : name}
        </strong>
        {container === undefined ? '' : ` (${container})`}{' '}
        {node === undefined || isNode ? null : <a href={nodeAddress(node)}>{node}</a>}{' '}
        <span class="tag number" title={count > occurrences ? `×${occurrences} / ${count}` : undefined}>
          ×{occurrences}
        </span>{' '}
        <span class="muted number">{time.ago(formatDuration((state.asOf.value - Date.parse(at)) / 1000))}</span>
        <p lang="en">{message}</p>
      </div>
    </li>
  );
}
