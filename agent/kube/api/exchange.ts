/** One HTTPS exchange with one API server: verified, bounded in time and size, never rejecting for what it finds. */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { type PeerCertificate, checkServerIdentity } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';

export interface ExchangeRequest {
  /** Over `http:` no token is sent. */
  readonly server: Endpoint;
  /** With its query: `/api/v1/nodes?limit=100`. */
  readonly path: string;
  readonly method: 'GET' | 'PUT';
  readonly body?: string;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

/** The head of an answer; its body is yet to come. */
export type Opened =
  | { readonly kind: 'opened'; readonly response: http.IncomingMessage }
  | { readonly kind: 'failed'; readonly message: string };

/** In every API server's certificate, whatever address it is asked at. */
const SERVICE_NAME = 'kubernetes.default.svc';

/** Connections are not kept: one that is kept hides that nobody listens any more. TLS sessions are, they save half the work. */
const SECURE = new https.Agent({ keepAlive: false, maxCachedSessions: 32 });
const PLAIN = new http.Agent({ keepAlive: false });

/** Ends when the signal is aborted, also while the body is read. */
export function openExchange(request: ExchangeRequest): Promise<Opened> {
  return new Promise((resolve) => {
    const fail = (error: unknown): void => resolve({ kind: 'failed', message: describe(error, request) });
    try {
      const outgoing = open(request);
      outgoing.on('error', fail);
      outgoing.on('response', (response) => resolve({ kind: 'opened', response }));
      outgoing.end(request.body);
    } catch (error) {
      fail(error);
    }
  });
}

/** Throws for a certificate that cannot be used. */
function open({ server, path, method, body, credentials, signal }: ExchangeRequest): http.ClientRequest {
  const url = new URL(path, server.url);
  const isSecure = url.protocol === 'https:';
  const { ca, token } = credentials;
  const headers = {
    accept: 'application/json',
    'user-agent': 'meerkat',
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(isSecure && token !== undefined && { authorization: `Bearer ${token}` }),
  };
  if (!isSecure) return http.request(url, { method, headers, signal, agent: PLAIN });
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  return https.request(url, {
    method,
    headers,
    signal,
    agent: SECURE,
    ...(ca !== undefined && { ca }),
    // An address is no server name (RFC 6066, section 3).
    servername: isIP(host) === 0 ? host : SERVICE_NAME,
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) => identityFault(host, server, certificate),
  });
}

/**
 * A server's own address need not be in its certificate; the Service's name is. At an address that was only heard of
 * nothing else will do: others of the cluster have certificates of the same authority, the kubelets among them.
 */
function identityFault(host: string, { isConfigured }: Endpoint, certificate: PeerCertificate): Error | undefined {
  const fault = checkServerIdentity(SERVICE_NAME, certificate);
  return fault !== undefined && isConfigured ? checkServerIdentity(host, certificate) : fault;
}

/** The whole body as UTF-8. Throws when it is longer than that, or ends early. */
export async function readBody(response: http.IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function describe(error: unknown, { server, signal }: Pick<ExchangeRequest, 'server' | 'signal'>): string {
  const host = URL.canParse(server.url) ? new URL(server.url).host : server.url;
  if (signal.aborted) return `${host}: ${messageOf(signal.reason)}`;
  return `${host}: ${messageOf(error).replaceAll(/\s+/g, ' ').trim()}`;
}
