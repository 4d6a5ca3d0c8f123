/** Joins state, requests and the stream into what the parts of the page use. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiNode, ApiStatus, ApiTimeline, StreamEvents } from '../../agent/http/contract.ts';
import { type Api, createApi, RequestFailure } from './api.ts';
import { parseRoute } from './route.ts';
import { type AppState, createState, takeClock, takeLink, takeNode, takeNodeFailure, takeStatus } from './state.ts';
import { createLive, type Live, type StreamHandlers } from './stream.ts';
import type { Timeline } from './timeline.ts';

export interface App {
  readonly state: AppState;
  readonly api: Api;
  readonly live: Live;
  /** Keeps a timeline current while it is on show. Returns how to stop that. */
  follow(timeline: Timeline): () => void;
  /** Begins; ends with the page. */
  start(): void;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('There is no AppContext around this part.');
  return app;
}

const MEND_MS = 5000;

/** `base`: the address that the API's is relative to. */
export function createApp(base: string): App {
  const state = createState(Date.now(), location.hash);
  const api = createApi(base, {
    fetch: (input, init) => fetch(input, init),
    sawClock: (at) => takeClock(state, at, Date.now()),
  });
  const timelines = new Set<Timeline>();
  const live = createLive({
    now: () => Date.now(),
    random: () => Math.random(),
    open: (handlers) => openStream(new URL('api/v1/stream', base).href, state, timelines, handlers),
    refresh: () => refresh(state, api, timelines),
    receivedAt: () => state.shownFrom.peek() ?? -Infinity,
    report: (link) => takeLink(state, link, Date.now()),
  });
  return {
    state,
    api,
    live,
    follow(timeline) {
      timelines.add(timeline);
      void timeline.refresh();
      return () => timelines.delete(timeline);
    },
    start() {
      setInterval(() => mend(state, api, timelines), MEND_MS);
      start(state, live);
    },
  };
}

function start(state: AppState, live: Live): void {
  setInterval(() => live.tick(), 1000);
  document.addEventListener('visibilitychange', () => live.setVisible(document.visibilityState === 'visible'));
  window.addEventListener('hashchange', () => {
    state.route.value = parseRoute(location.hash);
    live.refreshNow();
  });
  live.tick();
}

/**
 * Everything on show. The status goes first: where it fails nothing else is asked for. Nobody waits for the timelines,
 * because a stalled store must not hold up the status; one that fails says so in its place.
 */
async function refresh(state: AppState, api: Api, timelines: ReadonlySet<Timeline>): Promise<void> {
  takeStatus(state, await api.status(), Date.now());
  for (const timeline of timelines) void timeline.refresh();
  if (state.catalogue.peek() === undefined) void loadCatalogue(state, api);
  const focus = state.focus.peek();
  if (focus !== undefined) await loadNode(state, api, focus);
}

/** Asks again for what failed beside the status. The stream does not: it carries only what is new. */
function mend(state: AppState, api: Api, timelines: ReadonlySet<Timeline>): void {
  if (!state.current.peek() || document.hidden) return;
  for (const timeline of timelines) if (timeline.failure.peek() !== undefined) void timeline.refresh();
  if (state.catalogue.peek() === undefined) void loadCatalogue(state, api);
}

const NOT_FOUND = 404;

async function loadNode(state: AppState, api: Api, name: string): Promise<void> {
  try {
    takeNode(state, await api.node(name), Date.now());
  } catch (error) {
    if (!(error instanceof RequestFailure) || error.status !== NOT_FOUND) throw error;
    takeNodeFailure(state, name, error.message, Date.now());
  }
}

/** It names and explains; without it the page shows plain names. */
async function loadCatalogue(state: AppState, api: Api): Promise<void> {
  try {
    state.catalogue.value = await api.catalogue();
  } catch {
    // It is asked for again: see mend.
  }
}

/** Server-sent events. The browser's own way of reconnecting is not used: it cannot say since when it fails. */
function openStream(
  address: string,
  state: AppState,
  timelines: ReadonlySet<Timeline>,
  { heard, failed }: StreamHandlers,
): () => void {
  const source = new EventSource(address);
  const on = <Name extends keyof StreamEvents>(name: Name, take: (value: StreamEvents[Name]) => void): void =>
    source.addEventListener(name, (event: MessageEvent<string>) => {
      take(JSON.parse(event.data) as StreamEvents[Name]);
      heard();
    });
  on('status', (status: ApiStatus) => takeStatus(state, status, Date.now()));
  on('node', (node: ApiNode) => takeNode(state, node, Date.now()));
  on('timeline', (page: ApiTimeline) => timelines.forEach((timeline) => timeline.add(page.events)));
  source.addEventListener('open', heard);
  source.addEventListener('error', failed);
  return () => source.close();
}
