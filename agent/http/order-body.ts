/** The body of what people order: nothing is in it, and a page from elsewhere cannot send it without asking. */
import type { FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';

/** @throws {HttpError} 400 for anything but `{}` as JSON */
export function expectEmptyObject({ headers, body }: FastifyRequest): void {
  const isJson = /^application\/json *(;|$)/i.test(headers['content-type'] ?? '');
  const isEmpty = typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
  if (!isJson || !isEmpty) throw new HttpError(400, 'Send {} as the body, with Content-Type: application/json.');
}
