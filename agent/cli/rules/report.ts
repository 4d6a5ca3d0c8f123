/** What would have been told, for people and for programs. */
import type { Tried } from '../../alerts/rules/replay.ts';
import { formatDuration, formatInstant } from '../../model/text.ts';
import type { AskedPast } from './past.ts';

/** Of one rule; the rest is counted. */
const MOST_SHOWN = 10;
/** The recorder of a component writes so many of one object at once, then one in five minutes. */
const THROTTLED_AT = 25;
const THROTTLE_MS = 300_000;

export interface Report {
  readonly past: AskedPast;
  readonly tried: readonly Tried[];
}

export function renderReport({ past, tried }: Report): string {
  const { from, to, found } = past;
  const lines = [
    `Tried on ${formatDuration(to - from)} until ${formatInstant(to, 0)}.`,
    ...found.map(({ source, count, from: nodes, missing }) => {
      const by = nodes.length === 0 ? '' : ` of ${nodes.slice(0, 5).join(', ')}${nodes.length > 5 ? ' …' : ''}`;
      return `${source}: ${count}${by}.${missing === undefined ? '' : ` This may not be all: ${missing}`}`;
    }),
    ...tried.flatMap((one) => ['', ...linesOf(one)]),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf(one: Tried): string[] {
  const { rule, hasPast, tellings, told, alerts, mostInAnHour, isFiring } = one;
  const head = `${rule.name} (${rule.type}, ${rule.place})`;
  if (!hasPast) return [head, `  cannot be tried: there is no history of ${rule.source}.`];
  const notes = [...extremeOf(one), ...throttleOf(one)];
  if (told === 0) return [head, '  would have told nothing.', ...notes];
  const often = `${counted(alerts, 'alert')}, told ${counted(told, 'time')}, ${mostInAnHour} in the hour with most`;
  return [
    head,
    `  ${often}${isFiring ? '; fires at the end' : ''}.`,
    ...notes,
    ...tellings
      .slice(0, MOST_SHOWN)
      .map(
        ({ lastAt, round, sentence }) =>
          `  ${formatInstant(lastAt, 0)}  ${round === 1 ? '' : `(${round}) `}${sentence}`,
      ),
    ...(told > MOST_SHOWN ? [`  … and ${told - MOST_SHOWN} more.`] : []),
  ];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Which number would have been met. */
function extremeOf({ rule, extreme }: Tried): string[] {
  if (extreme === undefined) return rule.type === 'any' ? [] : ['  nothing of it was seen.'];
  const of = extreme.key === '' ? '' : `, of ${extreme.key}`;
  const word = rule.type === 'flatline' ? 'least' : 'most';
  const what = rule.type === 'cardinality' ? ' different' : '';
  return [`  the ${word}${what} within ${formatDuration(rule.timeframeMs)}: ${extreme.count}${of}.`];
}

/** Components of Kubernetes write no more of one object than this. */
function throttleOf({ rule: { source, numEvents = 0, timeframeMs, queryKey } }: Tried): string[] {
  const isOfOne = queryKey.some((field) => field === 'object' || field === 'objectUid' || field === 'name');
  const most = THROTTLED_AT + Math.floor(timeframeMs / THROTTLE_MS);
  if (source !== 'events' || !isOfOne || numEvents <= most) return [];
  return [
    `  components write about ${most} events of one object within its time at most: ${numEvents} are hardly ever met.`,
  ];
}

export const jsonReport = ({ past, tried }: Report): string =>
  JSON.stringify({
    from: new Date(past.from).toISOString(),
    to: new Date(past.to).toISOString(),
    sources: past.found,
    rules: tried.map(({ rule, hasPast, tellings, told, alerts, mostInAnHour, extreme, isFiring }) => ({
      name: rule.name,
      type: rule.type,
      source: rule.source,
      place: rule.place,
      hasPast,
      alerts,
      told,
      mostInAnHour,
      extreme,
      isFiring,
      tellings: tellings.map(({ key, round, sentence, severity, lastAt, nodes }) => ({
        at: new Date(lastAt).toISOString(),
        key,
        round,
        severity,
        nodes,
        sentence,
      })),
    })),
  });
