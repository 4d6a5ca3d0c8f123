import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { ApiEvent } from '../../../agent/http/contract/history.ts';
import { useApp } from '../app.ts';
import { asSentence, formatClock, formatDay } from '../format.ts';
import { checkAddress, nodeAddress } from '../route.ts';
import { createTimeline, eventKey, type Timeline } from '../timeline.ts';
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
  checks.map(({ check, title }) => ({ check, title })).toSorted((a, b) => a.title.localeCompare(b.title, 'en'));

/** What changed, newest first. */
export function TimelinePanel({ node, check, choices }: TimelinePanelProps) {
  const chosen = useSignal('');
  const filter = check ?? chosen.value;
  const timeline = useTimeline(node, filter);
  return (
    <section class="panel" aria-labelledby="timeline-title">
      <div class="panel-head">
        <h2 id="timeline-title">Timeline</h2>
        {choices === undefined ? null : (
          <select
            aria-label="Show entries of one check"
            value={chosen.value}
            onChange={(event) => (chosen.value = event.currentTarget.value)}
          >
            <option value="">All checks</option>
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
  const timeline = useMemo(
    () => createTimeline({ ...(node === undefined ? {} : { node }), ...(check === '' ? {} : { check }) }, app.api),
    [node, check],
  );
  useEffect(() => app.follow(timeline), [timeline]);
  return timeline;
}

interface Columns {
  readonly withNode: boolean;
  readonly withCheck: boolean;
}

function TimelineBody({ timeline, ...columns }: Columns & { readonly timeline: Timeline }) {
  const { state } = useApp();
  const { value: events } = timeline.events;
  const { value: hasOlder } = timeline.hasOlder;
  // Where nobody answers the banner says so already.
  const failure = state.current.value ? timeline.failure.value : undefined;
  const days = [...Map.groupBy(events, (event) => formatDay(Date.parse(event.at)))];
  return (
    <>
      {failure === undefined ? null : (
        <p class="notice" role="note">
          The timeline cannot be read now: {asSentence(failure)} The status above does not depend on it.
        </p>
      )}
      {events.length === 0 && timeline.failure.value === undefined ? (
        <p class="empty">{hasOlder === undefined ? 'Reading the timeline.' : 'Nothing has changed yet.'}</p>
      ) : null}
      {days.map(([day, entries]) => (
        <section key={day} aria-label={day}>
          <h3 class="day">{day}</h3>
          <ol class="events">
            {entries.map((event) => (
              <Entry key={eventKey(event)} event={event} {...columns} />
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
          Load older
        </button>
      ) : null}
    </>
  );
}

function Entry({ event, withNode, withCheck }: Columns & { readonly event: ApiEvent }) {
  const { sign, word } = looksOf(event);
  return (
    <li class={`event event-${sign}`}>
      <time dateTime={event.at} class="number" title={`${new Date(event.at).toLocaleString()} here`}>
        {formatClock(Date.parse(event.at))}
      </time>
      <Icon sign={sign} />
      <div class="event-text">
        <span class={`word word-${sign}`}>{word}</span>{' '}
        {withNode ? <a href={nodeAddress(event.node)}>{event.node}</a> : null}{' '}
        {withCheck && event.check !== undefined ? (
          <a href={checkAddress(event.node, event.check)}>{event.check}</a>
        ) : null}{' '}
        {event.reason === undefined ? null : <code>{event.reason}</code>}
        {event.message === '' ? null : <p>{event.message}</p>}
      </div>
    </li>
  );
}

/** A check that was never seen before comes from `none`. */
const changeWords = ({ from = 'none', to = 'unknown' }: ApiEvent): string =>
  from === 'none' ? `first look: ${to}` : `${from} → ${to}`;

const TO_SIGNS: Readonly<Record<string, Sign>> = { ok: 'ok', unknown: 'unknown', absent: 'absent', problem: 'warning' };

function looksOf(event: ApiEvent): { readonly sign: Sign; readonly word: string } {
  switch (event.kind) {
    case 'raised':
      return { sign: event.severity ?? 'warning', word: 'raised' };
    case 'cleared':
      return { sign: 'ok', word: 'cleared' };
    case 'changed':
      return { sign: TO_SIGNS[event.to ?? ''] ?? 'info', word: changeWords(event) };
    case 'agent-started':
      return { sign: 'started', word: 'agent started' };
    case 'agent-stopped':
      return { sign: 'stopped', word: 'agent stopped' };
    case 'agent-notice':
      return { sign: 'info', word: 'agent' };
    case 'concluded':
      return { sign: event.severity ?? 'warning', word: 'concluded' };
    case 'resolved':
      return { sign: 'ok', word: 'resolved' };
    default:
      return { sign: 'info', word: event.kind };
  }
}
