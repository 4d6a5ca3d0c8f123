/** What the HTTP interface bears: a real server on a real socket, asked by a client in a process of its own. */
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CheckResult } from '../agent/model/report.ts';
import { CHECKS, KUBELET_DOWN, MIXED_RESULTS, aReport, aResult, aState } from '../test/lib/fixtures.ts';
import { type FixtureServer, startFixtureServer } from '../test/lib/http-server.ts';
import type { Load, LoadResult } from './lib/http-load.ts';
import type { Figure } from './lib/table.ts';

const SECONDS = 5;
const CONNECTIONS = 16;
const RATE = 2000;
/** An agent's results change about as often. */
const CHANGES_MS = 100;

export async function run(): Promise<readonly Figure[]> {
  const server = await startFixtureServer({}, { state: () => aState(NODE_RESULTS) });
  const changing = setInterval(() => server.change(), CHANGES_MS);
  try {
    const figures: Figure[] = [];
    // Compiles what is hot.
    await measure(server, '/status', 0, 2);
    for (const path of ['/status', '/api/v1/status', '/health/node', '/metrics']) {
      figures.push(...fullSpeed(path, await measure(server, path, 0, SECONDS)));
    }
    const bare = await bareServer();
    const paced = await measure(server, '/status', RATE, SECONDS);
    figures.push(
      { what: `a bare server at ${RATE}/s, p99`, value: bare.p99Ms, unit: 'ms', note: 'what the machine itself adds' },
      { what: `/status at ${RATE}/s, p99`, value: paced.p99Ms, unit: 'ms', target: '≤ 10 ms', note: described(paced) },
      { what: `/status at ${RATE}/s, worst`, value: paced.maxMs, unit: 'ms' },
    );
    return [...figures, await manyNodes()];
  } finally {
    clearInterval(changing);
    await server.stop();
  }
}

/** Node's own server with a constant answer, under the same load: the noise of the machine. */
async function bareServer(): Promise<LoadResult> {
  const body = 'x'.repeat(2000);
  const server = createServer((_request, response) => response.end(body));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const result = await measure({ port: (server.address() as AddressInfo).port }, '/', RATE, SECONDS);
  server.closeAllConnections();
  server.close();
  return result;
}

/** As many checks as a control-plane node runs. */
const NODE_RESULTS: readonly CheckResult[] = [
  ...MIXED_RESULTS,
  ...Array.from({ length: 20 }, (_, index) =>
    aResult({
      check: `check-${index}`,
      readings: Array.from({ length: 6 }, (__, reading) => ({ name: `reading_${reading}_seconds`, value: 0.01 })),
    }),
  ),
];

/** A thousand nodes: what one answer costs that is not kept. */
async function manyNodes(): Promise<Figure> {
  const nodes = Array.from({ length: 1000 }, (_, index) => ({
    report: aReport(NODE_RESULTS, { node: `node-${index}` }),
    elapsedMs: 0,
    ...(index > 0 && { freshness: 'current' as const }),
  }));
  const state = aState([], { self: 'node-0', nodes });
  const server = await startFixtureServer({ node: 'node-0' }, { state: () => state, checks: CHECKS });
  const changing = setInterval(() => server.change(), CHANGES_MS);
  try {
    const result = await measure(server, '/status', RATE, SECONDS);
    const note = `${KUBELET_DOWN.findings.length} findings; ${described(result)}`;
    return { what: `/status at ${RATE}/s, 1,000 nodes, p99`, value: result.p99Ms, unit: 'ms', target: '≤ 10 ms', note };
  } finally {
    clearInterval(changing);
    await server.stop();
  }
}

function fullSpeed(path: string, result: LoadResult): Figure[] {
  const target = path === '/status' ? '≥ 2000 /s' : '';
  return [
    { what: `${path}, at full speed`, value: result.perSecond, unit: '/s', target, note: described(result) },
    {
      what: `${path}, at full speed, p99`,
      value: result.p99Ms,
      unit: 'ms',
      ...(target !== '' && { target: '≤ 10 ms' }),
    },
  ];
}

const described = (result: LoadResult): string =>
  `${CONNECTIONS} connections, ${SECONDS} s, ${result.requests} answers, ${result.failures} failures, median ${result.p50Ms.toFixed(2)} ms`;

/** The client is another process, so that it does not take the server's thread. */
function measure(
  server: Pick<FixtureServer, 'port'>,
  path: string,
  rate: number,
  seconds: number,
): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const client = fork(join(import.meta.dirname, 'lib/http-load.ts'));
    client.once('message', (result) => resolve(result as LoadResult));
    client.once('error', reject);
    client.once('exit', (code) => reject(new Error(`the client ended with ${code}`)));
    client.send({ port: server.port, path, connections: CONNECTIONS, seconds, rate } satisfies Load);
  });
}
