/**
 * A client process: asks one path over so many connections and sends what it measured to its parent. With a rate,
 * requests are due at fixed times and a late one counts from when it was due, so that a pause of the server shows in
 * every request it delays.
 */
import { type Socket, connect } from 'node:net';
import { quantile } from './table.ts';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, all connections together; 0: as fast as they are answered. */
  readonly rate: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

if (process.send !== undefined) {
  process.once('message', (load: Load) => {
    void run(load).then((result) => process.send?.(result, () => process.exit(0)));
  });
}

async function run(load: Load): Promise<LoadResult> {
  const start = performance.now();
  const end = start + load.seconds * 1000;
  const workers = await Promise.all(
    Array.from({ length: load.connections }, (_, index) => work(load, start, end, index)),
  );
  const latencies = workers.flatMap((worker) => worker.latencies);
  return {
    requests: latencies.length,
    failures: workers.reduce((sum, worker) => sum + worker.failures, 0),
    perSecond: latencies.length / load.seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
  };
}

async function work(load: Load, start: number, end: number, index: number) {
  const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
  const request = `GET ${load.path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const latencies: number[] = [];
  const gapMs = load.rate === 0 ? 0 : (1000 * load.connections) / load.rate;
  let failures = 0;
  for (let count = 0; performance.now() < end; count += 1) {
    const due = gapMs === 0 ? performance.now() : start + (count + index / load.connections) * gapMs;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    // A timer fires up to a millisecond late: that is this client's doing.
    const asked = wait > 0 ? performance.now() : due;
    const status = await exchange(socket, request);
    latencies.push(performance.now() - asked);
    if (status !== 200 && status !== 503) failures += 1;
  }
  socket.destroy();
  return { latencies, failures };
}

/** One request, one answer with a content length. */
function exchange(socket: Socket, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (text.length < head + 4 + length) return;
      socket.off('data', onData);
      socket.off('error', reject);
      resolve(Number(text.slice(9, 12)));
    };
    socket.on('data', onData);
    socket.once('error', reject);
    socket.write(request);
  });
}
