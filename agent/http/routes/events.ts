/** Events of the cluster. Any agent may be asked, whichever reads them; 200 whatever could be read. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ClusterEventsPort, EventQuery, EventsAnswer } from '../../model/cluster-event.ts';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { type Format, preferredFormat } from '../negotiate.ts';
import { DEFAULT_EVENTS, EVENTS_QUERY } from '../parameters.ts';
import { presentEvents, presentSightings } from '../present-events.ts';
import { parseQuery } from '../query.ts';
import { createQuestionGate } from '../question-gate.ts';
import { renderEvents, renderSightings } from '../text-events.ts';
import { toInstant } from '../units.ts';

const HOUR_MS = 3_600_000;
/** Whoever writes an Event has a clock of its own: what happened now may seem to be still to come. */
const AHEAD_MS = 300_000;

export function eventRoutes(app: FastifyInstance, { deps, options: { node } }: RouteContext): void {
  const ask = createQuestionGate(deps.clock);
  const port = deps.events ?? NOBODY;
  app.get('/api/v1/events', async (request, reply) => {
    const { query, until, format, now } = read(request, deps.clock.now());
    const value = presentEvents(await ask(() => port.events(query)), { node, now, from: query.from, to: until });
    return sendFormat(reply, format, format === 'json' ? JSON.stringify(value) : renderEvents(value));
  });
  app.get('/api/v1/events/sightings', async (request, reply) => {
    const { query, until, format, now } = read(request, deps.clock.now());
    const value = presentSightings(await ask(() => port.sightings(query)), { node, now, from: query.from, to: until });
    return sendFormat(reply, format, format === 'json' ? JSON.stringify(value) : renderSightings(value));
  });
}

interface Asked {
  readonly query: EventQuery;
  /** As it is told. */
  readonly until: number;
  readonly format: Format;
  readonly now: number;
}

/** @throws {HttpError} 400 */
function read({ query: given, headers }: FastifyRequest, now: number): Asked {
  const asked = parseQuery(EVENTS_QUERY, given, now);
  const { since = now - HOUR_MS, until = now, limit = DEFAULT_EVENTS, format } = asked;
  if (since >= until)
    throw new HttpError(400, `since (${toInstant(since)}) must be before until (${toInstant(until)}).`);
  const { namespace, kind, name, reason, type, node, uid } = asked;
  return {
    query: {
      from: since,
      to: asked.until ?? now + AHEAD_MS,
      limit,
      ...(namespace !== undefined && { namespace }),
      ...(kind !== undefined && { kind }),
      ...(name !== undefined && { name }),
      ...(reason !== undefined && { reason }),
      ...(type !== undefined && { type }),
      ...(node !== undefined && { node }),
      ...(uid !== undefined && { objectUid: uid }),
    },
    until,
    format: format ?? preferredFormat(headers.accept, 'json'),
    now,
  };
}

const NOTHING: EventsAnswer<never> = {
  events: [],
  isCut: false,
  from: [],
  feed: { state: 'none', why: 'this agent asks no Kubernetes API for them', standbys: [] },
};
const NOBODY: Pick<ClusterEventsPort, 'events' | 'sightings'> = {
  events: () => Promise.resolve(NOTHING),
  sightings: () => Promise.resolve(NOTHING),
};
