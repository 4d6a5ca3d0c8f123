/** What every route needs, and how it answers. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answers } from './answers.ts';
import { JSON_TYPE, NO_STORE, TEXT_TYPE } from './headers.ts';
import { type Format, preferredFormat } from './negotiate.ts';
import type { HttpDeps, HttpOptions } from './options.ts';
import { FORMAT_QUERY } from './parameters.ts';
import type { Catalogue } from './present.ts';
import { parseQuery } from './query.ts';

export interface RouteContext {
  readonly options: HttpOptions;
  readonly deps: HttpDeps;
  readonly answers: Answers;
  readonly catalogue: Catalogue;
}

/** Both forms of one answer, made from the same value. */
export interface Forms<Value> {
  readonly make: (now: number) => Value;
  readonly text: (value: Value, now: number) => string;
  /** The form for a client without a preference. */
  readonly preferred: Format;
}

/** Answers from what is kept, or makes it. `key` names the content. */
export function sendKept<Value>(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  key: string,
  forms: Forms<Value>,
): FastifyReply {
  const { format } = parseQuery(FORMAT_QUERY, request.query, 0);
  return sendKeptAs(context, request, reply, { key, format }, forms);
}

/** The same, where the route reads a query of its own. `key` names what was asked for, the format aside. */
export function sendKeptAs<Value>(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { readonly key: string; readonly format: Format | undefined },
  forms: Forms<Value>,
): FastifyReply {
  const format = asked.format ?? preferredFormat(request.headers.accept, forms.preferred);
  const body = context.answers.get(`${format} ${asked.key}`, (now) => {
    const value = forms.make(now);
    return format === 'json' ? JSON.stringify(value) : forms.text(value, now);
  });
  return sendFormat(reply, format, body);
}

export function sendFormat(reply: FastifyReply, format: Format, body: string): FastifyReply {
  return reply
    .header('cache-control', NO_STORE)
    .header('vary', 'accept')
    .type(format === 'json' ? JSON_TYPE : TEXT_TYPE)
    .send(body);
}

export const sendText = (reply: FastifyReply, statusCode: number, body: string): FastifyReply =>
  reply.code(statusCode).header('cache-control', NO_STORE).type(TEXT_TYPE).send(body);
