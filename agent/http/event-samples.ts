/** This agent's part in reading the events of the Kubernetes API, as metrics. */
import type { MetricSample } from './exposition.ts';
import { sample } from './metric-samples.ts';
import { METRICS } from './metric-table.ts';

export interface EventFigures {
  /** Undefined: it has not decided yet. */
  readonly part: (typeof PARTS)[number] | undefined;
  /** How often this agent began to read. */
  readonly turns: number;
  /** Since the API was heard by whoever reads, ms; undefined: never. */
  readonly heardMs: number | undefined;
  /** Events of which it knows how often they happened. */
  readonly events: number;
  readonly sightings: number;
  readonly occurrences: number;
  /** Read, and not kept because of their reason. */
  readonly dropped: number;
}

const PARTS = ['reads', 'copies', 'idle', 'fails', 'cannot'] as const;

/** @param figures undefined: nobody wants events */
export function eventSamples(figures: EventFigures | undefined): MetricSample[] {
  if (figures === undefined) return [];
  const { part: own = 'idle', heardMs, turns, events, sightings, occurrences, dropped } = figures;
  return [
    ...PARTS.map((part) => sample(METRICS.eventFeedPart, part === own ? 1 : 0, { part })),
    ...(heardMs === undefined ? [] : [sample(METRICS.eventFeedAge, heardMs / 1000)]),
    sample(METRICS.eventFeedTurns, turns),
    sample(METRICS.eventsKnown, events),
    sample(METRICS.eventSightings, sightings),
    sample(METRICS.eventOccurrences, occurrences),
    sample(METRICS.eventsDropped, dropped),
  ];
}
