/** Joins state, requests and the stream into what the parts of the page use. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiMember, ApiNode, ApiStatus, StreamEvents } from '../../agent/http/contract.ts';
import type { ApiGroupMatrix, ApiMatrix } from '../../agent/http/contract/links.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { type Api, createApi, RequestFailure } from './api.ts';
import { loadCharts } from './charts-later.ts';
import { readChoices, withChoices } from './choices.ts';
import { openEventStream } from './event-stream.ts';
import { createFeed, type Feed } from './feed.ts';
import { nodesOf } from './fleet.ts';
import { whenIdle, whenSeen } from './frames.ts';
import { MATRIX_UP_TO, networkOf, pathOf } from './links.ts';
import { createPast, type Past } from './past.ts';
import { parseRoute, type Route } from './route.ts';
import { createRowLoader, type RowLoader } from './row-loader.ts';
import { rowDueAt } from './row-age.ts';
import {
  type AppState,
  createState,
  type Summaries,
  takeClock,
  takeLink,
  takeNode,
  takeNodeFailure,
  takeStatus,
  takeTold,
} from './state.ts';
import { createLive, type Live, type StreamHandlers } from './stream.ts';
import { authorization } from './token.ts';
import type { Timeline } from './timeline.ts';

export interface App {
  readonly state: AppState;
  /**
   * The view that has been drawn. What it needs besides is asked for after that, and what is below it is drawn after that:
   * what somebody asked for is seen first. Undefined before the first one.
   */
  readonly seen: ReadonlySignal<Route | undefined>;
  readonly api: Api;
  readonly live: Live;
  readonly past: Past;
  /** Every node in brief. */
  readonly summaries: Feed<Summaries>;
  /** What the agents say of the agent of the node on show. */
  readonly member: Feed<ApiMember>;
  /** What the node on show and others see of each other. */
  readonly nodeLinks: Feed<ApiMatrix>;
  /** What the nodes see of each other, up to {@link MATRIX_UP_TO} of them. */
  readonly matrix: Feed<ApiMatrix>;
  /** In a larger cluster: what its groups see of each other. */
  readonly groups: Feed<ApiGroupMatrix>;
  /** The checks of the nodes in view. */
  readonly rows: RowLoader;
  /** Keeps a timeline current while it is on show. Returns how to stop that. */
  follow(timeline: Timeline): () => void;
  /** Asks for what is drawn first. Resolves when that is there, cannot be had, or has been waited for long enough. */
  ask(): Promise<void>;
  /** Begins to keep it current; ends with the page. */
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
    authorization,
    sawClock: (at) => takeClock(state, at, Date.now()),
  });
  const past = createPast({ api, answer: state.past, now: () => Date.now() });
  const timelines = new Set<Timeline>();
  const seen = signal<Route | undefined>(undefined);
  const feeds = createFeeds(state, api);
  const rows = createRowLoader({
    load: (name) => loadNode(state, api, name),
    dueAt: (name) => rowDueAt(state.nodes.of(name).peek(), state.summaries.peek()),
    now: () => Date.now(),
    enabled: () => showsNodes(state) && isSeen(state, seen) && state.current.peek() && !document.hidden,
  });
  const live = createLive({
    now: () => Date.now(),
    random: () => Math.random(),
    open: (handlers) => openStream(new URL('api/v1/stream', base).href, state, timelines, handlers),
    refresh: () => refresh(state, api, timelines, seen),
    receivedAt: () => state.shownFrom.peek() ?? -Infinity,
    report: (link) => takeLink(state, link, Date.now()),
  });
  return {
    state,
    seen,
    api,
    live,
    past,
    ...feeds,
    rows,
    follow(timeline) {
      timelines.add(timeline);
      void timeline.refresh();
      return () => timelines.delete(timeline);
    },
    ask() {
      live.refreshNow();
      // With the status, and not after it: both are on the first page that anybody looks at.
      if (showsNodes(state)) feeds.summaries.poll();
      return firstAnswers(state);
    },
    start() {
      setInterval(() => mend(state, api, timelines), MEND_MS);
      followChoices(state);
      followPast(state, past);
      listen(state, seen, live);
      // A frame more: there are answers of everything at once then.
      whenSeen(() =>
        whenSeen(() => {
          seen.value = state.route.peek();
          followCluster(state, seen, feeds, rows);
          setInterval(() => live.tick(), 1000);
          live.tick();
          // An agent that is gone then could not give it.
          whenIdle(loadCharts);
        }),
      );
    },
  };
}

const showsNodes = (state: AppState): boolean =>
  state.route.peek().view === 'overview' && state.at.peek() === undefined;

const isSeen = (state: AppState, seen: App['seen']): boolean => seen.peek() === state.route.peek();

/** For so long a page that has nothing to show yet may stay empty: it is drawn once then, and not three times. */
const FIRST_MS = 250;

function firstAnswers(state: AppState): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      const isThere = state.status.value !== undefined && (!showsNodes(state) || state.summaries.value !== undefined);
      if (isThere || state.link.value.kind === 'lost') resolve();
    });
    setTimeout(() => {
      stop();
      resolve();
    }, FIRST_MS);
  });
}

type Feeds = Pick<App, 'summaries' | 'member' | 'nodeLinks' | 'matrix' | 'groups'>;

/** Large answers are asked for as often as their size allows. */
function createFeeds(state: AppState, api: Api): Feeds {
  const now = (): number => Date.now();
  const { choices } = state;
  const network = () => networkOf(choices.network.peek());
  const node = (): string => state.focus.peek() ?? '';
  return {
    summaries: createFeed({
      answer: state.summaries,
      now,
      load: async () => ({ nodes: nodesOf(await api.nodes()) }),
      periodMs: ({ nodes }) => Math.max(5000, nodes.length * 3),
    }),
    member: createFeed({ now, about: node, load: () => api.member(node()), periodMs: () => 5000 }),
    nodeLinks: createFeed({
      now,
      about: node,
      load: () => api.matrix({ network: 'underlay', node: node() }),
      periodMs: () => 5000,
    }),
    matrix: createFeed({
      now,
      about: network,
      load: () => api.matrix({ network: network() }),
      periodMs: ({ links }) => Math.max(5000, links.length * 3),
    }),
    groups: createFeed({
      now,
      about: () => `${network()} ${choices.path.peek()}`,
      load: () => api.groups({ network: network(), ...pathOf(choices.path.peek()) }),
      periodMs: ({ groups }) => Math.max(10_000, groups.length * 200),
    }),
  };
}

/** What is asked for beside the status: only what the view shows, and only while it may be believed to be current. */
function followCluster(state: AppState, seen: App['seen'], feeds: Feeds, rows: RowLoader): void {
  effect(() => {
    const isTicking = state.tick.value > 0 && state.current.value && state.isCluster.value;
    const { view } = state.route.value;
    if (!isTicking || document.hidden || seen.value !== state.route.value) return;
    if (state.at.value !== undefined) return;
    if (view === 'overview') {
      feeds.summaries.poll();
      const isLarge = (state.status.value?.value.view.members ?? 0) > MATRIX_UP_TO;
      // Read here, so that another choice is asked for at once.
      const isChosen = state.choices.network.value !== '' || state.choices.path.value !== '';
      if (isChosen) (isLarge ? feeds.groups : feeds.matrix).poll();
    }
    if (view === 'node') {
      feeds.member.poll();
      feeds.nodeLinks.poll();
    }
    rows.tick();
  });
  const turn = computed(() => turnOf(state.status.value?.value));
  effect(() => {
    if (turn.value !== undefined) for (const feed of Object.values(feeds)) feed.expire();
  });
  effect(() => {
    const names = state.summaries.value?.value.nodes.map(({ node }) => node);
    if (names !== undefined) state.nodes.keep(new Set([...names, state.focus.peek() ?? '', state.self.peek() ?? '']));
  });
}

/** Asks for what the address names, once: it does not change. */
function followPast(state: AppState, past: Past): void {
  effect(() => {
    const at = state.at.value;
    untracked(() => void past.look(at));
  });
}

/** Changes when the cluster does: who is connected, and what is wrong. */
const turnOf = (status: ApiStatus | undefined): string | undefined =>
  status && JSON.stringify([status.view, status.findings.map(({ id }) => id)]);

/** The address says what was chosen, and what it says is chosen. */
function followChoices(state: AppState): void {
  effect(() => {
    const { hash } = location;
    const next = withChoices(state.choices, hash);
    if (next !== hash) history.replaceState(history.state, '', next === '' ? location.pathname : next);
  });
}

function listen(state: AppState, seen: Signal<Route | undefined>, live: Live): void {
  document.addEventListener('visibilitychange', () => live.setVisible(document.visibilityState === 'visible'));
  window.addEventListener('hashchange', () => {
    batch(() => {
      readChoices(state.choices, location.hash);
      state.route.value = parseRoute(location.hash);
    });
    whenSeen(() => {
      seen.value = state.route.peek();
      live.refreshNow();
    });
  });
}

/**
 * Everything on show. The status goes first: where it fails nothing else is asked for. Nobody waits for the timelines,
 * because a stalled store must not hold up the status; one that fails says so in its place.
 */
async function refresh(state: AppState, api: Api, timelines: ReadonlySet<Timeline>, seen: App['seen']): Promise<void> {
  takeStatus(state, await api.status(), Date.now());
  // The stream asks for the rest as soon as it is open.
  if (seen.peek() === undefined && showsNodes(state) && state.isCluster.peek()) return;
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
  const focus = state.focus.peek();
  if (focus !== undefined && !state.nodes.has(focus)) void loadNode(state, api, focus).catch(() => {});
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

/** What changes, as it changes. Whoever opened it opens it again: see stream.ts. */
function openStream(
  address: string,
  state: AppState,
  timelines: ReadonlySet<Timeline>,
  { heard, failed }: StreamHandlers,
): () => void {
  const take: { readonly [Name in keyof StreamEvents]: (value: StreamEvents[Name]) => void } = {
    status: (status) => takeStatus(state, status, Date.now()),
    node: (node) => takeTold(state, node, Date.now()),
    timeline: (page) => timelines.forEach((timeline) => timeline.add(page.events)),
  };
  return openEventStream(
    address,
    { fetch: (input, init) => fetch(input, init), authorization },
    {
      opened: heard,
      event(name, data) {
        const value: unknown = JSON.parse(data);
        // A later agent may tell more.
        if (name === 'status') take.status(value as ApiStatus);
        if (name === 'node') take.node(value as ApiNode);
        if (name === 'timeline') take.timeline(value as ApiTimeline);
        heard();
      },
      failed,
    },
  );
}
