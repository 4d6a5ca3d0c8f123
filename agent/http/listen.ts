/** The socket: bounds that no stranger can lift, TLS, and clear words when it cannot be opened. */
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer as createHttp } from 'node:http';
import { type Server as HttpsServer, createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { AgentError, codeOf, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { limitConnections } from './connection-limit.ts';
import type { HttpOptions } from './options.ts';
import { findPortHolder } from './port-holder.ts';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The whole request line and headers. */
const MAX_HEADER_BYTES = 8192;
const HEADERS_WITHIN_MS = 5000;
const REQUEST_WITHIN_MS = 10_000;
const KEEP_ALIVE_MS = 5000;
/** A client that neither sends nor takes anything for so long is gone; streams have a heartbeat below it. */
const IDLE_MS = 30_000;
const CHECK_CONNECTIONS_MS = 2000;

export function createBoundedServer(
  tls: TlsFiles | undefined,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const bounds = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    // What has no Host header is no browser's request; it is answered like any other.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createHttp(bounds, handler)
      : createHttps({ ...bounds, ...tls, handshakeTimeout: HEADERS_WITHIN_MS }, handler);
  server.setTimeout(IDLE_MS);
  // An expectation that is not met may be ignored (RFC 9110, section 10.1.1); Node would answer without our headers.
  server.on('checkExpectation', handler);
  limitConnections(server);
  return server;
}

/** @throws {AgentError} `config` when a file cannot be read, or the two do not belong together */
export async function readTlsFiles({ tlsCertFile, tlsKeyFile }: HttpOptions): Promise<TlsFiles | undefined> {
  if (tlsCertFile === '' || tlsKeyFile === '') return undefined;
  const read = async (key: string, path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw new AgentError('config', `${key}: ${path} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  };
  const files = { cert: await read('http.tlsCertFile', tlsCertFile), key: await read('http.tlsKeyFile', tlsKeyFile) };
  try {
    createSecureContext(files);
  } catch (error) {
    const message = `http.tlsCertFile, http.tlsKeyFile: no usable pair: ${messageOf(error)}`;
    throw new AgentError('config', message, { cause: error });
  }
  return files;
}

/** Takes a renewed certificate into use within a minute. Returns how to stop looking. */
export function renewTls(
  server: HttpsServer,
  options: HttpOptions,
  first: TlsFiles,
  clock: Clock,
  log: Logger,
): () => void {
  let current = first;
  let reading = false;
  return clock.every(60_000, () => {
    if (reading) return;
    reading = true;
    void readTlsFiles(options)
      .then((files) => {
        if (files === undefined || (files.cert === current.cert && files.key === current.key)) return;
        server.setSecureContext({ ...files });
        current = files;
        log.info('the renewed certificate is in use');
      })
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'the renewed certificate cannot be used'))
      .finally(() => {
        reading = false;
      });
  });
}

/**
 * Listens, on every address of the machine when none is configured.
 *
 * @throws {AgentError} `unavailable` when the address cannot be had
 */
export async function listen(server: Server, { address, port }: HttpOptions): Promise<number> {
  try {
    await tryListen(server, address === '' ? '::' : address, port);
  } catch (error) {
    const withoutIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error) ?? '');
    if (address !== '' || !withoutIpv6) throw await explain(error, address, port);
    await tryListen(server, '0.0.0.0', port).catch(async (again: unknown) => {
      throw await explain(again, address, port);
    });
  }
  return (server.address() as AddressInfo).port;
}

/** Where people find the page. */
export function urlsOf({ address, tlsCertFile }: HttpOptions, port: number): string[] {
  const scheme = tlsCertFile === '' ? 'http' : 'https';
  const url = (host: string): string => `${scheme}://${formatEndpoint({ host, port })}`;
  if (address !== '' && address !== '::' && address !== '0.0.0.0') return [url(address)];
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address: one }) => !internal && !one.startsWith('fe80:'))
    .map((one) => one.address);
  return ['127.0.0.1', ...own.slice(0, 4)].map(url);
}

function tryListen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function explain(error: unknown, address: string, port: number): Promise<AgentError> {
  const place = formatEndpoint({ host: address === '' ? '*' : address, port });
  const options = { cause: error };
  switch (codeOf(error)) {
    case 'EADDRINUSE': {
      const holder = (await findPortHolder(port)) ?? 'another process';
      return new AgentError('unavailable', `${place} is taken by ${holder}; stop it or set http.port`, options);
    }
    case 'EACCES':
      return new AgentError('unavailable', `${place}: a port below 1024 needs a right; set http.port`, options);
    case 'EADDRNOTAVAIL':
      return new AgentError('unavailable', `${place}: this machine has no such address; set http.address`, options);
    default:
      return new AgentError('unavailable', `${place} cannot be listened on: ${messageOf(error)}`, options);
  }
}
