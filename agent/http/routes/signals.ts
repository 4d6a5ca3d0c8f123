/**
 * What alert managers and scripts say of workloads, and what of it holds. Whoever says something has the token, or signs it with
 * the key that `signals.secretFile` names. The body of a hook says what it is about, and is signed as it came, as senders do that
 * know nothing of Meerkat: whoever reads it on its way may send it again at any time, and so have it hold for
 * `signals.ttlMinutes`, or be over. What has its workload in its path is signed with that path and its time.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../base/errors.ts';
import type { SignalRequest } from '../../model/signal.ts';
import { clientOf, plainAddress } from '../addresses.ts';
import type { ApiSignalsTaken } from '../contract/workloads.ts';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { preferredFormat } from '../negotiate.ts';
import { FORMAT_QUERY } from '../parameters.ts';
import { presentSignals } from '../present-signals.ts';
import { parseQuery } from '../query.ts';
import { createRateLimiter } from '../rate-limit.ts';
import { type SecretFile, createSecretFile } from '../secret-file.ts';
import { isSignedWith, signatureIn, signedTextOf } from '../signature.ts';
import { renderSignals, renderTaken } from '../text-signals.ts';

const MAX_BODY_BYTES = 256 * 1024;
/** Also of clients on the node itself. */
const RATE = { ratePerSecond: 10, burst: 60, maxClients: 256 };
/** Of what is not taken so much is told. */
const MOST_IGNORED = 20;
const UNUSABLE = 'the file of signals.secretFile cannot be used: nothing that is signed is taken';

export const isSignalRoute = (route: string): boolean => /^\/api\/v1\/(signals|hooks)\//.test(route);

export async function signalRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { deps, options } = context;
  app.get('/api/v1/signals', (request, reply) => {
    const { format = preferredFormat(request.headers.accept, 'json') } = parseQuery(FORMAT_QUERY, request.query, 0);
    const signals = presentSignals(deps.workloads?.signals() ?? []);
    const text = format === 'json' ? JSON.stringify(signals) : renderSignals(signals, deps.clock.now());
    return sendFormat(reply, format, text);
  });
  const limiter = createRateLimiter(RATE, deps.clock);
  const secret =
    options.signalSecretFile === '' ? undefined : createSecretFile(options.signalSecretFile, UNUSABLE, deps);
  // A scope of its own: here alone bodies are read, and as they came.
  await app.register(async (scope) => {
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', (request, reply, done) => {
      if (limiter.take(clientOf(request.ip))) return done();
      reply.header('retry-after', '1');
      return done(
        new HttpError(429, `More than ${RATE.ratePerSecond} notifications a second; send several alerts in one.`),
      );
    });
    scope.addHook('preHandler', async (request) => expectSignature(request, secret, deps.clock.now()));
    const hear = (request: FastifyRequest, reply: FastifyReply, what: Omitted): FastifyReply => {
      const answer = answerTo(context, { ...what, body: parse(bodyOf(request)) });
      deps.log.debug({ ...what, ...answer, by: plainAddress(request.ip) }, 'somebody said something of workloads');
      const { format = preferredFormat(request.headers.accept, 'json') } = parseQuery(FORMAT_QUERY, request.query, 0);
      return sendFormat(reply, format, format === 'json' ? JSON.stringify(answer) : renderTaken(answer));
    };
    const limits = { bodyLimit: MAX_BODY_BYTES };
    scope.post<{ Params: { namespace: string; workload: string } }>(
      '/api/v1/signals/:namespace/:workload',
      limits,
      (request, reply) => hear(request, reply, { source: 'api', ...request.params }),
    );
    scope.post('/api/v1/hooks/grafana', limits, (request, reply) => hear(request, reply, { source: 'grafana' }));
    scope.post('/api/v1/hooks/alertmanager', limits, (request, reply) =>
      hear(request, reply, { source: 'alertmanager' }),
    );
  });
}

type Omitted = SignalRequest extends infer One ? (One extends SignalRequest ? Omit<One, 'body'> : never) : never;

const bodyOf = ({ body }: FastifyRequest): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

const KEY_WORDS = 'in hexadecimal, by the key of the file that signals.secretFile names on this node.';
const WRONG_HOOK = `The signature is not "sha256=" with the HMAC-SHA256 of the body, ${KEY_WORDS}`;
const WRONG_SIGNAL = `The signature is not "sha256=" with the HMAC-SHA256 of "METHOD\\nPATH\\nTIMESTAMP\\nBODY", where TIMESTAMP is the header X-Meerkat-Timestamp, in Unix seconds and at most five minutes off, ${KEY_WORDS}`;

/** Who sends no signature has shown the token before. @throws {HttpError} 401 */
async function expectSignature(request: FastifyRequest, secret: SecretFile | undefined, now: number): Promise<void> {
  const signature = signatureIn(request.headers);
  if (signature === undefined || secret === undefined) return;
  const key = await secret.read();
  const [{ method, url, headers }, body] = [request, bodyOf(request)];
  const isHook = request.routeOptions.url?.startsWith('/api/v1/hooks/') === true;
  const text = isHook ? body : signedTextOf({ method, url, headers, body }, now);
  if (key === undefined || text === undefined || !isSignedWith(key, text, signature))
    throw new HttpError(401, isHook ? WRONG_HOOK : WRONG_SIGNAL);
}

/** @throws {HttpError} 400 */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new HttpError(400, `The body is no JSON: ${messageOf(error).slice(0, 100)}.`);
  }
}

/** Senders say again what they are told to have failed with; what cannot be placed would fail for ever. @throws {HttpError} */
function answerTo({ deps }: RouteContext, request: SignalRequest): ApiSignalsTaken {
  if (deps.workloads === undefined) throw new HttpError(503, 'This cluster is simulated: nobody takes signals.');
  const answer = deps.workloads.hear(request);
  if (answer.kind === 'mistake') throw new HttpError(400, answer.mistake);
  const { taken, ignored, refused } = answer;
  const [first] = refused;
  if (first !== undefined)
    throw new HttpError(
      503,
      `${refused.length} of ${taken + refused.length} were not taken: ${first.what}: ${first.why}.`,
    );
  return { taken, ignoredCount: ignored.length, ignored: ignored.slice(0, MOST_IGNORED) };
}
