/**
 * One call of the Container Runtime Interface over a unix socket, and what can go wrong with it. A unary call of gRPC is one
 * request of HTTP/2; Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  connect,
  constants,
} from 'node:http2';
import { connect as connectSocket } from 'node:net';
import protobuf from 'protobufjs/light.js';
import { EngineError, MAX_WORDS, connectionFailure, endedBySignal } from '../engine-error.ts';
import { errorCode } from '../system-error.ts';
import { CRI_API } from './api.ts';

export interface CriCall {
  /**
   * Sends the request of a method of {@link CRI_API}, and gives the answer back in plain form. Rejects with an
   * {@link EngineError}, or another error where the answer is beyond this client; ends with its signal.
   */
  (method: string, request: object, signal: AbortSignal): Promise<unknown>;
  /** Ends the connection; calls that run end with it. */
  close(): void;
}

interface Method {
  readonly path: string;
  encode(request: object): Uint8Array;
  decode(answer: Uint8Array): unknown;
}

/** As the kubelet's. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** A flag, whether it is compressed, and the length stand before each message. */
const PREFIX_BYTES = 5;
/** Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const GRPC = { ok: 0, notFound: 5, permissionDenied: 7, unimplemented: 12, unauthenticated: 16 } as const;

const PLAIN = { longs: Number, enums: String, defaults: true };
const root = protobuf.Root.fromJSON(CRI_API);
const methods = new Map(
  ['RuntimeService', 'ImageService'].flatMap((name) => {
    const service = root.lookupService(`runtime.v1.${name}`);
    return service.methodsArray.map((method): [string, Method] => {
      const [asked, answered] = [method.requestType, method.responseType].map((type) => service.lookupType(type));
      if (asked === undefined || answered === undefined) throw new Error(`${method.name} has no types`);
      return [
        method.name,
        {
          path: `/runtime.v1.${name}/${method.name}`,
          encode: (request) => asked.encode(asked.fromObject(request)).finish(),
          decode: (bytes) => readable(() => answered.toObject(answered.decode(bytes), PLAIN)),
        },
      ];
    });
  }),
);

/** What the runtime answers is beyond this client, which says nothing about the runtime. */
class Unreadable extends Error {}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Unreadable('an answer of the runtime cannot be understood', { cause: error });
  }
}

/** On a connection of its own, which is closed with whatever hangs on it. */
export function openCri(socketPath: string): CriCall {
  let broken: Error | undefined;
  const session = connect('http://localhost', { createConnection: () => connectSocket(socketPath) });
  session.on('error', (error) => (broken ??= error));
  const call = async (name: string, request: object, signal: AbortSignal): Promise<unknown> => {
    const method = methods.get(name);
    if (method === undefined) throw new Error(`no method ${name} in the part of the interface that is used`);
    try {
      return method.decode(await exchange(session, method.path, method.encode(request), signal));
    } catch (error) {
      throw error instanceof Unreadable ? error : toEngineError(broken ?? error, name, socketPath, signal);
    }
  };
  return Object.assign(call, { close: () => session.destroy() });
}

/** Sends a message and gives back the one that is answered. */
function exchange(
  session: ClientHttp2Session,
  path: string,
  message: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const cancel = (): void => {
      stream.close(constants.NGHTTP2_CANCEL);
      reject(new Error('cancelled'));
    };
    signal.addEventListener('abort', cancel, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', cancel));
    stream.once('error', reject);
    answerOf(stream).then(resolve, reject);
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
  });
}

async function answerOf(stream: ClientHttp2Stream): Promise<Uint8Array> {
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let trailers: IncomingHttpHeaders = {};
  stream.once('response', (value) => (headers = value));
  stream.once('trailers', (value) => (trailers = value));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Unreadable(`the runtime answers with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const type = headers['content-type'] ?? '';
  if (headers[':status'] === undefined) throw new Error('the connection was closed without an answer');
  if (headers[':status'] !== 200 || !type.startsWith('application/grpc')) throw new Foreign();
  // Where there is no message, the trailers may come as the only headers.
  const { 'grpc-status': status, 'grpc-message': said } = { ...headers, ...trailers };
  if (status === undefined) throw new Error('the answer was cut off');
  const code = Number(status);
  if (code === GRPC.unimplemented) throw new Foreign();
  if (code !== GRPC.ok) throw refusal(code, typeof said === 'string' ? words(said) : '');
  const body = Buffer.concat(chunks);
  const isWhole = body.length >= PREFIX_BYTES && body.readUInt32BE(1) === body.length - PREFIX_BYTES;
  if (!isWhole || body[0] !== 0) throw new Unreadable('an answer of the runtime cannot be understood');
  return body.subarray(PREFIX_BYTES);
}

/** Whoever answers does not speak this version of CRI, or no gRPC at all. */
class Foreign extends Error {}

function refusal(code: number, said: string): EngineError {
  const isDenied = code === GRPC.permissionDenied || code === GRPC.unauthenticated;
  const message = said === '' ? `gRPC status ${code}` : said;
  return new EngineError(isDenied ? 'denied' : 'error', message, { isNotFound: code === GRPC.notFound });
}

/** Its special characters are percent-encoded. */
function words(said: string): string {
  try {
    return decodeURIComponent(said).slice(0, MAX_WORDS);
  } catch {
    return said.slice(0, MAX_WORDS);
  }
}

function toEngineError(error: unknown, method: string, socketPath: string, signal: AbortSignal): EngineError {
  if (error instanceof EngineError) return error;
  if (signal.aborted) return endedBySignal(signal, method, socketPath, error);
  const code = errorCode(error) ?? '';
  const unconnected = connectionFailure(code, socketPath, error);
  if (unconnected !== undefined) return unconnected;
  const cause = { cause: error };
  // What nghttp2 says of bytes that are no HTTP/2.
  if (error instanceof Foreign || code === 'ERR_HTTP2_ERROR')
    return new EngineError('foreign', `whoever listens on ${socketPath} does not speak version 1 of CRI`, cause);
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError('error', `${method} on ${socketPath} broke off: ${message}`, cause);
}
