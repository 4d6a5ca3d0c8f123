/** HTTP requests to hosts and from inside hosts. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { withSystemPath } from './run.ts';
import type { FetchOptions, LabResponse } from './types.ts';

/**
 * Asks once. With a `namespace` the connection starts in that network namespace; without, in this process's.
 * Rejects when there is no whole answer in time.
 */
export function get(url: URL, options: FetchOptions, namespace?: string): Promise<LabResponse> {
  const timeoutMs = options.timeoutMs ?? 5000;
  return new Promise((done, fail) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const late = (error: Error): void =>
      fail(signal.aborted ? new Error(`${url.href} did not answer within ${timeoutMs} ms`) : error);
    const connection =
      namespace === undefined
        ? { agent: false as const }
        : { createConnection: () => connectInside(namespace, url, signal) };
    const headers = { connection: 'close', ...options.headers };
    const method = options.body === undefined ? 'GET' : 'POST';
    const outgoing = request(url, { method, signal, headers, ...connection }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      incoming.on('error', late);
      incoming.on('end', () => done({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.on('error', late);
    outgoing.end(options.body);
  });
}

/** A connection through a shell in the namespace: cheaper than a Node process, and nothing has to be installed. */
function connectInside(namespace: string, url: URL, signal: AbortSignal): Duplex {
  const script = 'exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit; cat <&4 >&3 & cat <&3; code=$?; kill $!; exit $code';
  const target = [url.hostname.replaceAll(/[[\]]/g, ''), url.port || '80'];
  const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, 'bash', '-c', script, ...target], {
    env: withSystemPath(),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  child.once('error', (error) => stream.destroy(error));
  child.once('close', (code) => {
    if (code !== 0) stream.destroy(new Error(said.trim().replace(/^bash: /, '') || 'the connection broke'));
  });
  // The shell and its children are one group.
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  };
  stream.once('close', end);
  signal.addEventListener('abort', end, { once: true });
  return stream;
}
