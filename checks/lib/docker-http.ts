/** One HTTP exchange with a container engine over its unix socket, and what can go wrong with it. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { EngineError, connectionFailure, endedBySignal } from './engine-error.ts';
import { errorCode } from './system-error.ts';

export interface EngineRequest {
  readonly socketPath: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string | Uint8Array;
  /** Ends the exchange; a reason named TimeoutError makes it `hung`, any other one `aborted`. */
  readonly signal: AbortSignal;
  /** An answer that is longer is an error. Default 1 MiB. */
  readonly maxBodyBytes?: number;
}

export interface EngineResponse {
  readonly status: number;
  /** The Server header. */
  readonly server: string;
  readonly body: string;
}

/** Sends one request on a connection of its own. Rejects with {@link EngineError} only; any status is an answer. */
export function exchange(request: EngineRequest): Promise<EngineResponse> {
  const { socketPath, method, path, body, signal } = request;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(toEngineError(error, request));
    const headers = {
      ...(request.contentType !== undefined && { 'content-type': request.contentType }),
      // Without a length Node sends chunks, which a body of a few bytes does not need.
      ...(method === 'POST' && { 'content-length': Buffer.byteLength(body ?? '') }),
    };
    const outgoing = httpRequest({ socketPath, method, path, headers, signal, agent: false }, (incoming) => {
      readBody(incoming, request.maxBodyBytes ?? 1_048_576).then(
        (text) =>
          resolve({ status: incoming.statusCode ?? 0, server: String(incoming.headers['server'] ?? ''), body: text }),
        fail,
      );
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the connection.
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new EngineError('error', `answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toEngineError(error: unknown, { socketPath, method, path, signal }: EngineRequest): EngineError {
  if (error instanceof EngineError) return error;
  const call = `${method} ${path.split('?')[0] ?? path}`;
  if (signal.aborted) return endedBySignal(signal, call, socketPath, error);
  const code = errorCode(error) ?? '';
  const unconnected = connectionFailure(code, socketPath, error);
  if (unconnected !== undefined) return unconnected;
  if (code.startsWith('HPE_')) {
    const said = `whoever listens on ${socketPath} does not speak the Docker Engine API`;
    return new EngineError('foreign', said, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError('error', `${call} on ${socketPath} broke off: ${message}`, { cause: error });
}
