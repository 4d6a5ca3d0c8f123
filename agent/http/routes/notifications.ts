/** Who is told what, and silences. What changes something needs the token, whatever `http.access` is. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { NotificationsPort } from '../../model/notifications.ts';
import { LONGEST_SILENCE_MS, type SilenceOrder, type SilenceOutcome } from '../../model/silence.ts';
import { cleanText } from '../../model/text.ts';
import { plainAddress } from '../addresses.ts';
import { type RouteContext, sendFormat, sendKept } from '../context.ts';
import { HttpError } from '../errors.ts';
import { preferredFormat } from '../negotiate.ts';
import { FORMAT_QUERY } from '../parameters.ts';
import { presentNotifications, presentSilence } from '../present-notifications.ts';
import { parseQuery } from '../query.ts';
import { answerToSilence } from '../silence-words.ts';
import { renderNotifications, renderSilences } from '../text-notifications.ts';

const EXPECTED =
  'Send {"reason": …, "node": …, "forSeconds": …, "comment": …} as the body, with Content-Type: application/json: at least one of reason and node, forSeconds from 1 to 2592000 (30 days), and a comment of up to 120 characters.';

export function notificationRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps, options } = context;
  app.get('/api/v1/notifications', (request, reply) =>
    sendKept(context, request, reply, 'notifications', {
      make: () => presentNotifications(options.node, deps.notifications?.state()),
      text: renderNotifications,
      preferred: 'json',
    }),
  );
  app.get('/api/v1/silences', (request, reply) =>
    sendKept(context, request, reply, 'silences', {
      make: () => ({ silences: (deps.notifications?.silences() ?? []).map(presentSilence) }),
      text: renderSilences,
      preferred: 'json',
    }),
  );
  const settle = (
    request: FastifyRequest,
    reply: FastifyReply,
    act: (port: NotificationsPort, by: string) => SilenceOutcome,
  ): FastifyReply => {
    const { format = preferredFormat(request.headers.accept, 'json') } = parseQuery(FORMAT_QUERY, request.query, 0);
    const by = plainAddress(request.ip);
    const outcome = deps.notifications === undefined ? ({ kind: 'off' } as const) : act(deps.notifications, by);
    deps.log.info({ by, outcome: outcome.kind }, 'somebody asked about a silence');
    context.answers.clear();
    const answer = answerToSilence(outcome, deps.clock.now());
    return sendFormat(reply, format, format === 'json' ? JSON.stringify(answer) : `${answer.message}\n`);
  };
  app.post('/api/v1/silences', (request, reply) => {
    const order = orderIn(request);
    return settle(request, reply, (port, by) => port.silence(order, by));
  });
  app.delete<{ Params: { id: string } }>('/api/v1/silences/:id', (request, reply) => {
    const { id } = request.params;
    return settle(request, reply, (port, by) => port.endSilence(id, by));
  });
}

/** @throws {HttpError} 400 */
function orderIn({ headers, body }: FastifyRequest): SilenceOrder {
  const isJson = /^application\/json *(;|$)/i.test(headers['content-type'] ?? '');
  if (!isJson || typeof body !== 'object' || body === null) throw new HttpError(400, EXPECTED);
  const { reason, node, forSeconds, comment = '', ...others } = body as Readonly<Record<string, unknown>>;
  const isText = (value: unknown, shortest: number, longest: number): value is string =>
    typeof value === 'string' && value.length >= shortest && value.length <= longest;
  const isName = (value: unknown, longest: number): value is string | undefined =>
    value === undefined || isText(value, 1, longest);
  const isTime = typeof forSeconds === 'number' && Number.isInteger(forSeconds) && forSeconds >= 1;
  if (
    !isTime ||
    forSeconds * 1000 > LONGEST_SILENCE_MS ||
    !isName(reason, 80) ||
    !isName(node, 253) ||
    !isText(comment, 0, 120) ||
    (reason ?? node) === undefined ||
    Object.keys(others).length > 0
  )
    throw new HttpError(400, EXPECTED);
  return {
    ...(reason !== undefined && { reason: cleanText(reason) }),
    ...(node !== undefined && { node: cleanText(node) }),
    comment: cleanText(comment),
    forMs: forSeconds * 1000,
  };
}
