/** The livenessProbe of docs/operations.md, as a kubelet runs it: nothing but the word `dead` fails it. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LivenessState } from '../../agent/model/liveness.ts';
import { type FixtureServer, aWorkloads, startFixtureServer } from '../lib/http-server.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const LINE = / - '(\[ "\$\(curl .* != dead \])'/.exec(PAGE)?.[1] ?? '';
/** `timeoutSeconds` of the page. */
const KUBELET_MS = 5000;
const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stderr.write('liveness-probe: skipped, there is no curl\n');

interface Ended {
  readonly code: number | null;
  readonly tookMs: number;
}

const probe = (port: number, pod: string, line = LINE): Promise<Ended> =>
  new Promise((resolve) => {
    const began = performance.now();
    const script = line.replace(':7575/', `:${port}/`);
    const env = { PATH: process.env['PATH'], NODE_IP: '127.0.0.1', HOSTNAME: pod };
    spawn('sh', ['-c', script], { env, stdio: 'ignore' }).once('exit', (code) => {
      resolve({ code, tookMs: performance.now() - began });
    });
  });

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

describe.skipIf(!hasCurl)('the probe of a pod', () => {
  const STATES: readonly LivenessState[] = ['alive', 'unknown', 'suppressed', 'dead'];
  const servers: Server[] = [];
  let agent: FixtureServer;
  beforeAll(async () => {
    agent = await startFixtureServer(
      {},
      {
        workloads: aWorkloads(
          STATES.map((state) => ({
            namespace: 'prod',
            pod: state,
            container: 'main',
            watch: 'worker',
            state,
            why: '',
            since: 0,
          })),
        ),
      },
    );
  });
  afterAll(async () => {
    await agent.stop();
    for (const server of servers) server.close();
  });
  const serve = async (answer: string | undefined): Promise<number> => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => (answer === undefined ? undefined : socket.end(answer)));
    });
    servers.push(server);
    return listening(server);
  };

  it('stands in the page', () => {
    expect(LINE).toContain('/api/v1/liveness/prod/pod/$HOSTNAME?format=text');
  });

  it.each([
    ['alive', 0],
    ['unknown', 0],
    ['suppressed', 0],
    ['dead', 1],
    ['a-typo', 0],
  ])('that is %s ends with %i', async (pod, code) => {
    expect((await probe(agent.port, pod)).code).toBe(code);
  });

  it('lives where nobody listens', async () => {
    const port = await serve('');
    await new Promise((resolve) => servers.at(-1)?.close(resolve));
    expect((await probe(port, 'dead')).code).toBe(0);
  });

  it.each([
    ['an error', 'HTTP/1.1 503 Unavailable\r\ncontent-length: 6\r\nconnection: close\r\n\r\nbroken'],
    ['nonsense', '\u0000\u0001\u0002'],
    ['nothing, and closes', ''],
  ])('lives where the answer is %s', async (_, answer) => {
    expect((await probe(await serve(answer), 'dead')).code).toBe(0);
  });

  it('lives where the agent hangs, before its kubelet has enough of it', async () => {
    const { code, tookMs } = await probe(await serve(undefined), 'dead');
    process.stdout.write(`an agent that hangs: the probe ended after ${Math.round(tookMs)} ms\n`);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(KUBELET_MS);
  });
});
