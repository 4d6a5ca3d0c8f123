/** A store whose process is played by the test; for tests. */
import { pino } from 'pino';
import type { Clock } from '../base/clock.ts';
import type { Sample } from '../model/history.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { Link, LinkHandlers } from './link.ts';
import type { Batch, FromProcess, StoredBatch, ToProcess } from './messages.ts';
import { type Store, createStore } from './store.ts';

type Message<K extends ToProcess['kind']> = Extract<ToProcess, { kind: K }>;

export interface Fixture<C extends Clock> {
  readonly clock: C;
  readonly store: Store;
  readonly told: StoredEvent[];
  readonly states: StoreHealth['state'][];
  /** What the process was sent of one kind. */
  readonly sent: <K extends ToProcess['kind']>(kind: K) => Message<K>[];
  /** What the process says. */
  readonly say: (message: FromProcess) => void;
  readonly opened: (last?: StoredBatch, more?: object) => void;
  /** Acknowledges the newest batch. */
  readonly acknowledge: (firstSequence?: number) => Batch;
  readonly full: () => void;
  readonly die: (again: number) => void;
  /** Has the process ended for good? */
  readonly exit: () => void;
  readonly link: { released: boolean; killed: number };
  /** The agent itself stands still for so long. */
  readonly pause: (durationMs: number) => void;
}

/** Unless the disk is what a test is about, its probes come back at once. */
export function aStore<C extends Clock>(clock: C, { probesComeBack = true } = {}): Fixture<C> {
  let pausedMs = 0;
  const pausable: Clock = { ...clock, monotonic: () => clock.monotonic() + pausedMs };
  const messages: ToProcess[] = [];
  const state = { released: false, killed: 0 };
  const ended = Promise.withResolvers<void>();
  const told: StoredEvent[] = [];
  const states: StoreHealth['state'][] = [];
  let handlers: LinkHandlers | undefined;
  const link: Link = {
    start: () => handlers?.onStart('usual'),
    send: (message) => void messages.push(message),
    beat(probe) {
      messages.push({ kind: 'heartbeat', probe });
      if (probe && probesComeBack) queueMicrotask(() => say({ kind: 'probed', at: 0, durationMs: 1 }));
      return true;
    },
    opened: () => {},
    pid: () => undefined,
    kill: () => void (state.killed += 1),
    end: () => ended.promise,
    release: () => void (state.released = true),
  };
  const store = createStore(
    { directory: '/data', maxBytes: 1e9 },
    {
      clock: pausable,
      log: pino({ level: 'silent' }),
      createLink: (_command, _deps, given) => {
        handlers = given;
        return link;
      },
    },
  );
  store.onStored((events) => void told.push(...events));
  store.onHealth((health) => void states.push(health.state));
  const say = (message: FromProcess): void => handlers?.onMessage(message);
  const sent = <K extends ToProcess['kind']>(kind: K): Message<K>[] =>
    messages.filter((message): message is Message<K> => message.kind === kind);
  return {
    clock,
    store,
    told,
    states,
    sent,
    say,
    opened: (lastBatch, more = {}) =>
      say({
        kind: 'opened',
        results: [],
        seen: {},
        events: [],
        allEvents: true,
        peerEvents: [],
        allPeerEvents: true,
        sizeBytes: 10,
        ...(lastBatch !== undefined && { lastBatch }),
        ...more,
      }),
    acknowledge(firstSequence = 1) {
      const batch = sent('batch').at(-1)?.batch;
      if (batch === undefined) throw new Error('no batch was sent');
      say({ kind: 'stored', run: batch.run, number: batch.number, firstSequence, sizeBytes: 20 });
      return batch;
    },
    full: () =>
      say({ kind: 'trouble', trouble: { state: 'full', message: 'no space is left for /data', defect: false } }),
    die: (again) => handlers?.onDeath('SIGKILL', again),
    exit: () => ended.resolve(),
    link: state,
    pause: (durationMs) => {
      pausedMs += durationMs;
    },
  };
}

export async function anOpenStore<C extends Clock>(
  clock: C,
  options?: { readonly probesComeBack: boolean },
): Promise<Fixture<C>> {
  const fixture = aStore(clock, options);
  const opening = fixture.store.open();
  fixture.opened();
  await opening;
  return fixture;
}

export const notice = (message: string): TimelineEvent => ({ kind: 'agent-notice', at: 1, node: 'n', message });
export const sample = (value: number): Sample => ({ at: value, key: { node: 'n', check: 'c', reading: 'r' }, value });
