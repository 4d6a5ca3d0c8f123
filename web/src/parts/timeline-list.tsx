import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { ApiEvent } from '../../../agent/http/contract/history.ts';
import { useApp } from '../app.ts';
import { firstChanges } from '../first-changes.ts';
import { byName } from '../fleet.ts';
import { asSentence, formatClock, formatDay, formatLocal } from '../format.ts';
import { checkAddress, momentAddress, nodeAddress } from '../route.ts';
import { groupFindings } from '../ticket.ts';
import { createTimeline, eventKey, type Timeline } from '../timeline.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

interface TimelinePanelProps {
  /** Without it: all nodes. */
  readonly node?: string;
  /** Fixed to one check; without it the operator chooses. */
  readonly check?: string;
  /** Checks to choose from: id and title. */
  readonly choices?: readonly { readonly check: string; readonly title: string }[];
}

/** Checks to choose from, by title. */
export const checkChoices = (
  checks: readonly { readonly check: string; readonly title: string }[],
): NonNullable<TimelinePanelProps['choices']> =>
  checks.map(({ check, title }) => ({ check, title })).toSorted((a, b) => byName(a.title, b.title));

/** What changed, newest first; of an earlier time up to then. */
export function TimelinePanel({ node, check, choices }: TimelinePanelProps) {
  const { timeline: text } = words();
  const chosen = useSignal('');
  const filter = check ?? chosen.value;
  const timeline = useTimeline(node, filter);
  // That of all nodes stays in the document.
  const title = node === undefined ? 'timeline-title' : 'node-timeline-title';
  return (
    <section class="panel" aria-labelledby={title}>
      <div class="panel-head">
        <h2 id={title}>{text.title}</h2>
        {choices === undefined ? null : (
          <select
            aria-label={text.oneCheck}
            value={chosen.value}
            onChange={(event) => (chosen.value = event.currentTarget.value)}
          >
            <option value="">{text.allChecks}</option>
            {choices.map((choice) => (
              <option key={choice.check} value={choice.check}>
                {choice.title}
              </option>
            ))}
          </select>
        )}
      </div>
      <TimelineBody timeline={timeline} withNode={node === undefined} withCheck={filter === ''} />
    </section>
  );
}

function useTimeline(node: string | undefined, check: string): Timeline {
  const app = useApp();
  const at = app.state.at.value;
  const timeline = useMemo(() => {
    const filter = { ...(node === undefined ? {} : { node }), ...(check === '' ? {} : { check }) };
    // The end is excluded.
    return createTimeline({ ...filter, ...(at === undefined ? {} : { to: at + 1 }) }, app.api);
  }, [node, check, at]);
  useEffect(() => app.follow(timeline), [timeline]);
  return timeline;
}

interface Columns {
  readonly withNode: boolean;
  readonly withCheck: boolean;
}

function TimelineBody({ timeline, ...columns }: Columns & { readonly timeline: Timeline }) {
  const { state } = useApp();
  const { timeline: text } = words();
  const { value: events } = timeline.events;
  const { value: hasOlder } = timeline.hasOlder;
  const findings = state.shown.value?.value.findings ?? [];
  const firsts = firstChanges(groupFindings(findings), events, hasOlder === false);
  // Where nobody answers the banner says so already.
  const failure = state.current.value ? timeline.failure.value : undefined;
  const days = [...Map.groupBy(events, (event) => formatDay(Date.parse(event.at)))];
  return (
    <>
      {failure === undefined ? null : (
        <p class="notice" role="note">
          {text.cannotRead(asSentence(failure))}
        </p>
      )}
      {events.length === 0 && timeline.failure.value === undefined ? (
        <p class="empty">
          {hasOlder === undefined ? text.reading : state.at.value === undefined ? text.empty : text.emptyThen}
        </p>
      ) : null}
      {days.map(([day, entries]) => (
        <section key={day} aria-label={day}>
          <h3 class="day">{day}</h3>
          <ol class="events">
            {entries.map((event) => (
              <Entry key={eventKey(event)} event={event} first={firsts.get(eventKey(event))} {...columns} />
            ))}
          </ol>
        </section>
      ))}
      {hasOlder === true ? (
        <button
          type="button"
          class="button button-wide"
          disabled={timeline.loading.value}
          onClick={() => void timeline.loadOlder()}
        >
          {text.older}
        </button>
      ) : null}
    </>
  );
}

interface EntryProps extends Columns {
  readonly event: ApiEvent;
  /** The cause of which it is the first change. */
  readonly first: number | undefined;
}

const SECOND_MS = 1000;

/** Its time leads to the cluster as of then: as of the second after it, because a conclusion follows what it is from. */
function Entry({ event, first, withNode, withCheck }: EntryProps) {
  const { timeline: text, time } = words();
  const { sign, word } = looksOf(event);
  const at = Date.parse(event.at);
  return (
    <li class={`event event-${sign}${first === undefined ? '' : ' event-first'}`}>
      <a
        class="event-time"
        href={momentAddress(Math.ceil((at + 1) / SECOND_MS) * SECOND_MS)}
        aria-label={text.asOf(formatClock(at))}
      >
        <time dateTime={event.at} class="number" title={time.here(formatLocal(at))}>
          {formatClock(at)}
        </time>
      </a>
      <Icon sign={sign} />
      <div class="event-text">
        <span class={`word word-${sign}`}>{word}</span>{' '}
        {first === undefined ? null : <span class="tag tag-first">{text.first(first)}</span>}{' '}
        {withNode ? <a href={nodeAddress(event.node)}>{event.node}</a> : null}{' '}
        {withCheck && event.check !== undefined ? (
          <a href={checkAddress(event.node, event.check)}>{event.check}</a>
        ) : null}{' '}
        {event.reason === undefined ? null : <code>{event.reason}</code>}
        {event.message === '' ? null : <p lang="en">{event.message}</p>}
      </div>
    </li>
  );
}

/** A check that was never seen before comes from `none`. */
const changeWords = ({ from = 'none', to = 'unknown' }: ApiEvent): string =>
  from === 'none' ? words().timeline.firstLook(to) : `${from} → ${to}`;

const TO_SIGNS: Readonly<Record<string, Sign>> = { ok: 'ok', unknown: 'unknown', absent: 'absent', problem: 'warning' };

function looksOf(event: ApiEvent): { readonly sign: Sign; readonly word: string } {
  const { kind } = words().timeline;
  if (event.kind === 'changed') return { sign: TO_SIGNS[event.to ?? ''] ?? 'info', word: changeWords(event) };
  return { sign: signOf(event), word: kind[event.kind] ?? event.kind };
}

function signOf({ kind, severity = 'warning' }: ApiEvent): Sign {
  switch (kind) {
    case 'raised':
    case 'concluded':
      return severity;
    case 'cleared':
    case 'resolved':
      return 'ok';
    case 'agent-started':
      return 'started';
    case 'agent-stopped':
      return 'stopped';
    default:
      return 'info';
  }
}
