/** The past: series and timeline, answered by the store. */
import type { FastifyInstance } from 'fastify';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { preferredFormat } from '../negotiate.ts';
import { DEFAULT_EVENTS, DEFAULT_POINTS, MAX_POINTS_OF_ALL, SERIES_QUERY, TIMELINE_QUERY } from '../parameters.ts';
import { presentSeries, presentTimeline } from '../present.ts';
import { parseQuery } from '../query.ts';
import type { AskStore } from '../store-gate.ts';
import { renderSeries, renderTimeline } from '../text-history.ts';
import { expectNode } from './status.ts';

const HOUR_MS = 3_600_000;

export function historyRoutes(app: FastifyInstance, context: RouteContext, ask: AskStore): void {
  const { deps } = context;
  app.get('/api/v1/series', async (request, reply) => {
    const now = deps.clock.now();
    const query = parseQuery(SERIES_QUERY, request.query, now);
    const { check = '', reading, subject, node = context.options.node, from = now - 3 * HOUR_MS, to = now } = query;
    expectOrder(from, to);
    if (node !== context.options.node) expectNode(deps.state(), node);
    expectReading(context, check, reading);
    const points = Math.min(query.points ?? DEFAULT_POINTS, reading === undefined ? MAX_POINTS_OF_ALL : Infinity);
    const filter = { ...(reading !== undefined && { reading }), ...(subject !== undefined && { subject }) };
    const series = await ask(() => deps.history.series({ node, check, ...filter, from, to, maxPoints: points }));
    const format = query.format ?? preferredFormat(request.headers.accept, 'json');
    const value = presentSeries(series);
    return sendFormat(reply, format, format === 'json' ? JSON.stringify(value) : renderSeries(value, now));
  });
  app.get('/api/v1/timeline', async (request, reply) => {
    const now = deps.clock.now();
    const query = parseQuery(TIMELINE_QUERY, request.query, now);
    const { node, check, from = now - 24 * HOUR_MS, to = now, limit = DEFAULT_EVENTS } = query;
    expectOrder(from, to);
    const filter = { ...(node !== undefined && { node }), ...(check !== undefined && { check }) };
    const events = await ask(() => deps.history.timeline({ ...filter, from, to, limit }));
    const format = query.format ?? preferredFormat(request.headers.accept, 'json');
    const value = presentTimeline(events);
    return sendFormat(reply, format, format === 'json' ? JSON.stringify(value) : renderTimeline(value));
  });
}

function expectOrder(from: number, to: number): void {
  if (from >= to) throw new HttpError(400, `from (${iso(from)}) must be before to (${iso(to)}).`);
}

function expectReading({ catalogue, deps }: RouteContext, check: string, reading: string | undefined): void {
  const known = catalogue.get(check);
  if (known === undefined) {
    const ids = deps.checks.map(({ id }) => id).join(', ');
    throw new HttpError(404, `There is no check ${JSON.stringify(check)}; there are ${ids}.`);
  }
  if (reading === undefined || Object.hasOwn(known.readings, reading)) return;
  const names = Object.keys(known.readings).join(', ') || 'none';
  throw new HttpError(404, `${check} has no reading ${JSON.stringify(reading)}; it has ${names}.`);
}

const iso = (at: number): string => new Date(at).toISOString();
