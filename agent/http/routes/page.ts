/** The page's files. They hold nothing of the cluster. */
import type { FastifyInstance } from 'fastify';
import { sendText } from '../context.ts';
import type { PageFile } from '../page.ts';

const NOT_BUILT =
  'The page was not built (npm run build:web). The status is at /status, the API at /api/v1/status, described by /api/v1/openapi.json.\n';

export function pageRoutes(app: FastifyInstance, files: readonly PageFile[]): void {
  if (files.length === 0) app.get('/', (_request, reply) => sendText(reply, 200, NOT_BUILT));
  for (const file of files) {
    app.get(file.path, (request, reply) => {
      reply.headers({ 'cache-control': file.cacheControl, etag: file.etag, vary: 'accept-encoding' });
      if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
      const zipped =
        /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && file.gzipped.length < file.body.length;
      if (zipped) reply.header('content-encoding', 'gzip');
      return reply.type(file.contentType).send(zipped ? file.gzipped : file.body);
    });
  }
}
