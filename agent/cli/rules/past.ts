/** What an agent remembers, as rules look at it: asked for page by page, the latest first. */
import { observationOfCheck, observationOfEvent } from '../../alerts/rule-desk/observations.ts';
import type { Past, PastSource } from '../../alerts/rules/replay.ts';
import type { Observation } from '../../alerts/rules/types.ts';
import type { ApiEventSightings } from '../../http/contract/events.ts';
import type { ApiEvent, ApiTimeline } from '../../http/contract/history.ts';
import type { RuleSource } from '../../model/rule-alert.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import { pathOf } from '../lib/client.ts';

/** The body of an answer in JSON; rejects with why there is none. */
export type Question = (path: string) => Promise<string>;

export interface AskedPast extends Past {
  /** Of each source that was asked for: how much there was, of whom, and why it may not be all. */
  readonly found: readonly Found[];
}

export interface Found {
  readonly source: RuleSource;
  readonly count: number;
  /** Nodes whose agents gave it. */
  readonly from: readonly string[];
  /** Absent: this is all. */
  readonly missing?: string;
}

const PAGE = 1000;
/** So much is tried, the latest of it. */
const MOST_PAGES = 50;

/**
 * @param sources those that are wanted; there is no history of logs
 * @param from Unix ms
 */
export async function askPast(
  question: Question,
  sources: readonly RuleSource[],
  from: number,
  to: number,
): Promise<AskedPast> {
  const asked: [RuleSource, PastSource, Found][] = [];
  if (sources.includes('events')) asked.push(['events', ...(await askEvents(question, from, to))]);
  if (sources.includes('checks')) asked.push(['checks', ...(await askChecks(question, from, to))]);
  return {
    from,
    to,
    sources: Object.fromEntries(asked.map(([source, past]) => [source, past])),
    found: asked.map(([, , found]) => found),
  };
}

async function askEvents(question: Question, from: number, to: number): Promise<[PastSource, Found]> {
  const nodes = new Set<string>();
  let missing: string | undefined;
  const { items, isCut } = await pages(to, async (until) => {
    const answer = JSON.parse(
      await question(
        pathOf('/api/v1/events/sightings', {
          since: new Date(from).toISOString(),
          until: new Date(until).toISOString(),
          limit: String(PAGE),
          format: 'json',
        }),
      ),
    ) as ApiEventSightings;
    for (const node of answer.from) nodes.add(node);
    missing ??= answer.missing ?? (answer.feed.state === 'current' ? undefined : answer.feed.sentence);
    return { items: answer.sightings.map(toEvent), isCut: answer.cut };
  });
  const why = missing ?? (isCut ? `only the latest ${items.length} were looked at` : undefined);
  const found = { count: items.length, from: [...nodes].toSorted(), ...(why !== undefined && { missing: why }) };
  return [pastOf(items, why, from), { source: 'events', ...found }];
}

async function askChecks(question: Question, from: number, to: number): Promise<[PastSource, Found]> {
  const { items, isCut } = await pages(to, async (until) => {
    const { events } = JSON.parse(
      await question(
        pathOf('/api/v1/timeline', {
          from: new Date(from).toISOString(),
          to: new Date(until).toISOString(),
          limit: String(PAGE),
          format: 'json',
        }),
      ),
    ) as ApiTimeline;
    const oldest = events.at(-1);
    return {
      items: events.flatMap((event) => observationOfCheck(toTransition(event)) ?? []),
      isCut: events.length >= PAGE,
      ...(oldest !== undefined && { oldest: Date.parse(oldest.at) }),
    };
  });
  const why = isCut ? `only the latest ${items.length} were looked at` : undefined;
  const nodes = [...new Set(items.flatMap((item) => item.nodes))].toSorted();
  return [
    pastOf(items, why, from),
    { source: 'checks', count: items.length, from: nodes, ...(why !== undefined && { missing: why }) },
  ];
}

const pastOf = (observations: readonly Observation[], why: string | undefined, from: number): PastSource => ({
  observations,
  state: why === undefined ? { completeSince: from } : { why },
});

interface Page {
  readonly items: readonly Observation[];
  readonly isCut: boolean;
  /** Unix ms, where it is not that of the last item. */
  readonly oldest?: number;
}

/** From the end to the start; the same one is told once, though pages overlap within a millisecond. */
async function pages(to: number, ask: (until: number) => Promise<Page>): Promise<Pick<Page, 'items' | 'isCut'>> {
  const items = new Map<string, Observation>();
  let until = to;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await ask(until);
    for (const item of answer.items) items.set(item.id ?? `${items.size}`, item);
    const oldest = answer.oldest ?? answer.items.at(-1)?.at;
    if (!answer.isCut || oldest === undefined) return { items: [...items.values()], isCut: answer.isCut };
    until = Math.min(oldest + 1, until - 1);
  }
  return { items: [...items.values()], isCut: true };
}

function toEvent({ first, at, added, after, ...event }: ApiEventSightings['sightings'][number]): Observation {
  const [firstAt, lastAt] = [Date.parse(first), Date.parse(at)];
  const { namespace = '', objectUid = '' } = event;
  return observationOfEvent({
    event: { ...event, namespace, objectUid, firstAt, at: lastAt },
    added,
    ...(after !== undefined && { sinceAt: Date.parse(after) }),
  });
}

/** The kinds that checks write have these fields, as the API says them. */
const toTransition = (event: ApiEvent): TimelineEvent => ({ ...event, at: Date.parse(event.at) }) as TimelineEvent;
