/** What the page knows, as signals: a part of the page that reads one is drawn again when it changes. */
import { batch, computed, type ReadonlySignal, signal, type Signal } from '@preact/signals';
import type { ApiCatalogue, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { type Choices, createChoices } from './choices.ts';
import { differs, type NodeBrief } from './fleet.ts';
import { createNodes, type NodeEntry, type Nodes } from './nodes.ts';
import { parseRoute, type Route } from './route.ts';
import type { Link } from './stream.ts';

/** Something the agent said. `receivedAt` is Unix ms by this browser's clock. */
export interface Received<T> {
  readonly value: T;
  readonly receivedAt: number;
}

/** Every node in brief. */
export interface Summaries {
  readonly nodes: readonly NodeBrief[];
}

export interface AppState {
  readonly status: Signal<Received<ApiStatus> | undefined>;
  readonly nodes: Nodes;
  /** Every node in brief; undefined before the first answer. */
  readonly summaries: Signal<Received<Summaries> | undefined>;
  readonly catalogue: Signal<ApiCatalogue | undefined>;
  readonly link: Signal<Link>;
  readonly route: Signal<Route>;
  /** What the reader chose; in the address, behind the route. */
  readonly choices: Choices;
  /** The time that the address asks for, Unix ms; undefined: now. */
  readonly at: ReadonlySignal<number | undefined>;
  /** What the agent concluded at that time; undefined before the answer. */
  readonly past: Signal<Received<ApiStatus> | undefined>;
  /** The status on show: that of now, or that of {@link at}. */
  readonly shown: ReadonlySignal<Received<ApiStatus> | undefined>;
  /** This browser's clock, once a second. Unix ms. */
  readonly tick: Signal<number>;
  /** The agent's clock minus this browser's; 0 while they agree within two seconds. */
  readonly clockOffsetMs: Signal<number>;
  /** There is more than one node to show. */
  readonly isCluster: ReadonlySignal<boolean>;
  /** When the oldest part of what is on show was received; undefined before the first answer. */
  readonly shownFrom: ReadonlySignal<number | undefined>;
  /** True while what is on show may be believed to be current. */
  readonly current: ReadonlySignal<boolean>;
  /**
   * By the agent's clock: now, or when it was last heard where it does not answer, or the time that was asked for. For how
   * long a state has lasted.
   */
  readonly asOf: ReadonlySignal<number>;
  /** The node whose agent serves this page. */
  readonly self: ReadonlySignal<string | undefined>;
  /** The node on show: the one of the address, else the agent's own. */
  readonly focus: ReadonlySignal<string | undefined>;
}

export function createState(now: number, hash: string): AppState {
  const status = signal<Received<ApiStatus> | undefined>(undefined);
  const nodes = createNodes();
  const summaries = signal<Received<Summaries> | undefined>(undefined);
  const link = signal<Link>({ kind: 'connecting' });
  const route = signal<Route>(parseRoute(hash));
  const at = computed(() => (route.value.view === 'overview' ? route.value.at : undefined));
  const past = signal<Received<ApiStatus> | undefined>(undefined);
  const tick = signal(now);
  const clockOffsetMs = signal(0);
  const self = computed(() => status.value?.value.view.node);
  const focus = computed(() => ('node' in route.value ? route.value.node : self.value));
  const shownFrom = computed(() => {
    const node = focus.value === undefined ? undefined : nodes.of(focus.value).value;
    const times = [status.value?.receivedAt, node?.receivedAt].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  });
  const isCluster = computed(
    () => (status.value?.value.view.members ?? 1) > 1 || (summaries.value?.value.nodes.length ?? 1) > 1,
  );
  const current = computed(() => link.value.kind === 'live' || link.value.kind === 'polling');
  const asOf = computed(
    () => at.value ?? (current.value ? tick.value : (shownFrom.value ?? tick.value)) + clockOffsetMs.value,
  );
  const shown = computed(() => (at.value === undefined ? status.value : past.value));
  return {
    status,
    nodes,
    summaries,
    isCluster,
    catalogue: signal<ApiCatalogue | undefined>(undefined),
    link,
    route,
    choices: createChoices(hash),
    at,
    past,
    shown,
    tick,
    clockOffsetMs,
    shownFrom,
    current,
    asOf,
    self,
    focus,
  };
}

/** Takes a status unless a newer one is there already: an answer may be overtaken by the stream. */
export function takeStatus(state: AppState, value: ApiStatus, receivedAt: number): void {
  const held = state.status.peek();
  const isOlder = held !== undefined && held.value.view.node === value.view.node && isBefore(value.at, held.value.at);
  if (!isOlder) state.status.value = { value, receivedAt };
}

/** A node that was asked for. */
export function takeNode(state: AppState, value: ApiNode, receivedAt: number): void {
  batch(() => {
    state.nodes.take(value.node, { value, receivedAt });
    takeBrief(state, value);
  });
}

/** A node that the stream told of. Of one that nobody has looked at only what the list says is kept. */
export function takeTold(state: AppState, value: ApiNode, receivedAt: number): void {
  const isLookedAt = value.node === state.self.peek() || value.node === state.focus.peek();
  if (isLookedAt || state.nodes.has(value.node)) takeNode(state, value, receivedAt);
  else takeBrief(state, value);
}

function takeBrief(state: AppState, value: ApiNode): void {
  const held = state.summaries.peek();
  const summary = held?.value.nodes.find((candidate) => candidate.node === value.node);
  if (held === undefined || summary === undefined || !differs(summary, value)) return;
  const { checks: _checks, ...brief } = value;
  const nodes = held.value.nodes.map((candidate): NodeBrief => (candidate === summary ? brief : candidate));
  state.summaries.value = { value: { nodes }, receivedAt: held.receivedAt };
}

/** The agent knows no such node, or cannot say anything of it. */
export function takeNodeFailure(state: AppState, node: string, failure: string, receivedAt: number): void {
  const entry: NodeEntry = { failure, receivedAt };
  state.nodes.take(node, entry);
}

/** The state of the connection, at the tick that found it; the same one is not drawn again. */
export function takeLink(state: AppState, link: Link, now: number): void {
  const held = state.link.peek();
  const isSame = held.kind === 'lost' && link.kind === 'lost' ? held.why === link.why : held.kind === link.kind;
  batch(() => {
    state.tick.value = now;
    if (!isSame) state.link.value = link;
  });
}

/** The Date header has whole seconds and the way here takes some: a difference up to this is none. */
const CLOCK_TOLERANCE_MS = 2000;

/** `agentAt`: the Date header of an answer that arrived at `now`. Small differences are left alone, else times jitter. */
export function takeClock(state: AppState, agentAt: number, now: number): void {
  const offset = agentAt + 500 - now;
  if (Math.abs(offset - state.clockOffsetMs.peek()) <= CLOCK_TOLERANCE_MS) return;
  state.clockOffsetMs.value = Math.abs(offset) <= CLOCK_TOLERANCE_MS ? 0 : offset;
}

const isBefore = (a: string, b: string): boolean => Date.parse(a) < Date.parse(b);
