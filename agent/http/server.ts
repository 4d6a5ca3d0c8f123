/** The agent's HTTP interface: page, API, stream, health and metrics on one port. */
import { Server as HttpsServer } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { messageOf } from '../base/errors.ts';
import { createAnswers } from './answers.ts';
import { buildApp } from './app.ts';
import type { RouteContext } from './context.ts';
import { createBoundedServer, listen, readTlsFiles, renewTls, urlsOf } from './listen.ts';
import type { HttpDeps, HttpOptions } from './options.ts';
import { type PageFile, loadPage } from './page.ts';
import { gistOfPeer, knownPeers, presentNode } from './present-nodes.ts';
import { catalogueOf, presentTimeline } from './present.ts';
import { shownNode, shownStatus } from './routes/status.ts';
import { type EventStream, type StreamPeer, createEventStream } from './stream.ts';

export interface HttpServer {
  /** @throws {AgentError} `unavailable` when the address cannot be had, `config` when a TLS file cannot be read */
  start(): Promise<{ readonly urls: string[]; readonly port: number }>;
  /** Ends every stream and connection. */
  stop(): Promise<void>;
}

export function createHttpServer(options: HttpOptions, deps: HttpDeps): HttpServer {
  return new LocalHttpServer(options, deps);
}

class LocalHttpServer implements HttpServer {
  readonly #context: RouteContext;
  readonly #stream: EventStream;
  readonly #endings: (() => void)[] = [];
  #app: FastifyInstance | undefined;
  #serving = false;

  constructor(options: HttpOptions, deps: HttpDeps) {
    const answers = createAnswers(deps.clock);
    this.#context = { options, deps, answers, catalogue: catalogueOf(deps.checks) };
    this.#stream = createEventStream(
      {
        status: () => answers.get('stream status', (now) => JSON.stringify(shownStatus(this.#context, now))),
        node: () => {
          const node = shownNode(this.#context, deps.state().self, deps.clock.now());
          return node === undefined ? undefined : JSON.stringify(node);
        },
        peers: () => this.#peers(),
        timeline: (events) => JSON.stringify(presentTimeline(events)),
      },
      deps.clock,
    );
  }

  async start(): Promise<{ urls: string[]; port: number }> {
    const { options, deps, answers } = this.#context;
    const tls = await readTlsFiles(options);
    this.#app = await buildApp(this.#context, {
      page: await this.#loadPage(),
      stream: this.#stream,
      serving: () => this.#serving,
      createServer: (handler) => createBoundedServer(tls, handler),
    });
    const server = this.#app.server;
    const port = await listen(server, options);
    // A listening socket can fail later (no file descriptors left): that costs a connection, not the agent.
    server.on('error', (error) => deps.log.error({ err: error }, 'the HTTP socket failed'));
    this.#serving = true;
    this.#endings.push(
      deps.onChange(() => {
        answers.clear();
        this.#stream.changed();
      }),
      deps.onStored((events) => this.#stream.stored(events)),
    );
    if (tls !== undefined && server instanceof HttpsServer) {
      this.#endings.push(renewTls(server, options, tls, deps.clock, deps.log));
    }
    return { urls: urlsOf(options, port), port };
  }

  async stop(): Promise<void> {
    this.#serving = false;
    for (const end of this.#endings.splice(0)) end();
    this.#stream.stop();
    const server = this.#app?.server;
    if (server?.listening === true) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    }
    await this.#app?.close();
  }

  #peers(): ReadonlyMap<string, StreamPeer> {
    const { deps, catalogue } = this.#context;
    const state = deps.state();
    const peers = knownPeers(state).map((known) => {
      const json = (): string => JSON.stringify(presentNode(known, state, catalogue, deps.clock.now()));
      return [known.name, { gist: gistOfPeer(known), json }] as const;
    });
    return new Map(peers);
  }

  /** Without its page the agent is still an agent. */
  async #loadPage(): Promise<readonly PageFile[]> {
    const { options, deps } = this.#context;
    try {
      return await loadPage(options.webDirectory);
    } catch (error) {
      deps.log.warn({ error: messageOf(error), directory: options.webDirectory }, 'the page cannot be read');
      return [];
    }
  }
}
