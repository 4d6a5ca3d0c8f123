/** A server that says what a scenario says, with the headers of the agent, and that can be cut off. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join, relative } from 'node:path';
import type { ApiNode, ApiNodeSummary, ApiStatus } from '../../../agent/http/contract.ts';
import type { ApiMatrix } from '../../../agent/http/contract/links.ts';
import { SECURITY_HEADERS } from '../../../agent/http/headers.ts';
import { ago, catalogue } from './parts.ts';
import type { Scenario } from './scenarios.ts';
import { historyOf } from './series.ts';

export interface FixtureServer {
  readonly origin: string;
  /** What is said from now on, also to open streams. */
  say(scenario: Scenario): void;
  /** Closes every connection and refuses new ones, as an agent that was killed. */
  cut(): void;
  restore(): void;
  /** Keeps connections and answers nothing, as a port forward whose other end is gone. */
  freeze(): void;
  /** Paths that were asked for since the last call, and how many were under way at once. */
  asked(): { readonly paths: readonly string[]; readonly mostAtOnce: number };
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** `directory`: the built page. */
export async function startFixtureServer(directory: string, first: Scenario): Promise<FixtureServer> {
  let scenario = first;
  let mode: 'answers' | 'cut' | 'frozen' = 'answers';
  const files = loadFiles(directory);
  const sockets = new Set<Socket>();
  const streams = new Set<ServerResponse>();
  const traffic = createTraffic();
  const server = createServer((request, response) => {
    traffic.saw(request, response);
    if (mode === 'cut') request.socket.destroy();
    if (mode === 'answers') setTimeout(() => answer({ request, response, files, scenario, streams }), ANSWERS_AFTER_MS);
  });
  server.on('connection', (socket: Socket) => {
    if (mode === 'cut') socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const timer = setInterval(() => {
    if (mode === 'answers') for (const stream of streams) sendState(stream, scenario);
  }, 1000);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const closeAll = (): void => {
    for (const socket of sockets) socket.destroy();
    streams.clear();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say(next) {
      const before = scenario;
      scenario = next;
      for (const stream of streams) {
        sendState(stream, scenario);
        sendChangedPeers(stream, before, scenario);
        send(stream, 'timeline', { events: scenario.events });
      }
    },
    cut() {
      mode = 'cut';
      closeAll();
    },
    restore() {
      mode = 'answers';
    },
    freeze() {
      mode = 'frozen';
    },
    asked: () => traffic.take(),
    async stop() {
      clearInterval(timer);
      closeAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As over a port forward; without it hardly two requests would meet. */
const ANSWERS_AFTER_MS = 5;

function createTraffic() {
  let paths: string[] = [];
  let open = 0;
  let mostAtOnce = 0;
  return {
    saw(request: IncomingMessage, response: ServerResponse): void {
      const { pathname } = new URL(request.url ?? '/', 'http://fixture');
      paths.push(pathname);
      open += 1;
      mostAtOnce = Math.max(mostAtOnce, open);
      response.on('close', () => {
        open -= 1;
      });
    },
    take() {
      const taken = { paths, mostAtOnce };
      paths = [];
      mostAtOnce = open;
      return taken;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly scenario: Scenario;
  readonly streams: Set<ServerResponse>;
}

function answer({ request, response, files, scenario, streams }: Exchange): void {
  const url = new URL(request.url ?? '/', 'http://fixture');
  const path = url.pathname === '/' ? '/index.html' : url.pathname;
  const file = files.get(path);
  if (file !== undefined) {
    response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': TYPES[extname(path)] ?? 'text/plain' });
    response.end(file);
    return;
  }
  if (scenario.refusal !== undefined) {
    response.writeHead(401, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ code: 'Unauthorized', message: scenario.refusal }));
    return;
  }
  if (scenario.token !== undefined && request.headers.authorization !== `Bearer ${scenario.token}`) {
    response.writeHead(401, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' });
    const hint = request.headers.authorization === undefined ? 'This agent needs a token.' : 'This is not the token.';
    response.end(JSON.stringify({ code: 'Unauthorized', message: hint }));
    return;
  }
  if (path === '/api/v1/stream') return openStream(response, scenario, streams);
  const [code, body] = answerApi(path, url.searchParams, scenario);
  response.writeHead(code, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function openStream(response: ServerResponse, scenario: Scenario, streams: Set<ServerResponse>): void {
  if (scenario.streamRefused === true) {
    response.writeHead(503, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ code: 'Unavailable', message: 'There are too many streams.' }));
    return;
  }
  response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  streams.add(response);
  response.on('close', () => streams.delete(response));
  sendState(response, scenario);
}

const send = (stream: ServerResponse, name: string, data: unknown): void => {
  stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
};

function sendState(stream: ServerResponse, scenario: Scenario): void {
  send(stream, 'status', { ...scenario.status, at: ago(0) });
  send(stream, 'node', scenario.node);
}

/** As the agent: only the other nodes that are not what they were. */
function sendChangedPeers(stream: ServerResponse, before: Scenario, now: Scenario): void {
  const held = new Map(before.peers?.map((peer) => [peer.node, JSON.stringify(peer)]));
  for (const peer of now.peers ?? []) if (held.get(peer.node) !== JSON.stringify(peer)) send(stream, 'node', peer);
}

const STALLED = [503, { code: 'Unavailable', message: 'The store has not answered for 2 s.' }] as const;

function answerApi(path: string, query: URLSearchParams, scenario: Scenario): readonly [number, unknown] {
  const at = query.get('at');
  if (path === '/api/v1/status' && at !== null) {
    return scenario.storeUnavailable === true ? STALLED : [200, pastOf(scenario, Date.parse(at))];
  }
  if (path === '/api/v1/status') return [200, { ...scenario.status, at: ago(0) }];
  if (path === '/api/v1/checks') return [200, catalogue(scenario.node.checks)];
  if (path === '/api/v1/timeline')
    return scenario.storeUnavailable === true ? STALLED : [200, timelineOf(scenario, query)];
  if (path === '/api/v1/series') return scenario.storeUnavailable === true ? STALLED : [200, seriesOf(scenario, query)];
  if (path === '/api/v1/nodes') return [200, { nodes: nodesOf(scenario).map(briefOf) }];
  const member = scenario.members?.members.find(({ node }) => path === `/api/v1/members/${encodeURIComponent(node)}`);
  if (member !== undefined) return [200, member];
  if (path === '/api/v1/matrix' && scenario.matrix !== undefined) return [200, matrixOf(scenario.matrix, query)];
  const named = nodesOf(scenario).find(({ node }) => path === `/api/v1/nodes/${encodeURIComponent(node)}`);
  if (named !== undefined) return [200, named];
  return [404, { code: 'NotFound', message: `There is nothing at ${path}.` }];
}

/** As the agent says that its log tells of nothing. */
function pastOf({ status, past }: Scenario, at: number): ApiStatus {
  const asked = new Date(at).toISOString();
  return (
    past?.(at) ?? {
      ...status,
      status: 'unknown',
      sentence: `Nothing is known of that time: the log of ${status.view.node} is empty.`,
      at: asked,
      view: { node: status.view.node, members: 0, current: 0, settled: false },
      findings: [],
      past: { asked, leftOut: 0, away: [], awayLeftOut: 0 },
    }
  );
}

/** As the agent: of one node only what it sees and what others see of it; nothing is known of the overlay. */
function matrixOf(matrix: ApiMatrix, query: URLSearchParams): ApiMatrix {
  if (query.get('network') === 'overlay') return { ...matrix, links: [], responders: [] };
  const about = query.get('node');
  if (about === null) return matrix;
  return { ...matrix, links: matrix.links.filter(({ from, to }) => from === about || to === about) };
}

/** By name, as the agent lists them. */
const nodesOf = (scenario: Scenario): readonly ApiNode[] =>
  [scenario.node, ...(scenario.peers ?? [])].toSorted((a, b) => a.node.localeCompare(b.node, 'en'));

function briefOf({ checks: _checks, ...brief }: ApiNode): ApiNodeSummary {
  return brief;
}

function timelineOf(scenario: Scenario, query: URLSearchParams): unknown {
  const to = Date.parse(query.get('to') ?? '2100-01-01');
  const [node, check] = [query.get('node'), query.get('check')];
  const matching = scenario.events.filter(
    (entry) =>
      Date.parse(entry.at) < to && (node === null || entry.node === node) && (check === null || entry.check === check),
  );
  return { events: matching.slice(0, Number(query.get('limit') ?? 50)) };
}

function seriesOf(scenario: Scenario, query: URLSearchParams): unknown {
  const node = nodesOf(scenario).find((entry) => entry.node === query.get('node'));
  const check = node?.checks.find((entry) => entry.check === query.get('check'));
  if (node === undefined || check === undefined) return { series: [] };
  return historyOf(node.node, check, Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? ''));
}

function loadFiles(directory: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return new Map(
    names
      .filter((name) => statSync(name).isFile())
      .map((name) => [`/${relative(directory, name)}`, readFileSync(name)]),
  );
}
