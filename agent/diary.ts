/** What this agent concludes goes into its store, and can be read there when it is over. */
import type { Clock } from './base/clock.ts';
import { type Conclusions, createConclusions } from './diagnosis/conclusions.ts';
import { type StatusLog, createStatusLog } from './diagnosis/status-log.ts';
import type { Knowledge } from './knowledge.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { HistoryPort } from './model/history.ts';
import type { AwayMember, StatusAt } from './model/past-status.ts';
import type { Store } from './store/store.ts';

export interface Diary {
  /** Begins to write, once a second and whenever something is new. Call it when the store is open. */
  start(): void;
  /** The store's answers; of what is concluded now they do not wait for it. */
  readonly history: HistoryPort;
  /** Writes until when the last conclusion held. */
  stop(): void;
}

const REVIEW_MS = 1000;

export interface DiaryDeps {
  readonly clock: Clock;
  readonly knowledge: Pick<Knowledge, 'diagnosis' | 'state' | 'onChange'>;
  readonly store: Pick<Store, 'append' | 'saveStatuses' | keyof HistoryPort>;
}

export function createDiary({ clock, knowledge, store }: DiaryDeps): Diary {
  const log = createStatusLog();
  let conclusions: Conclusions | undefined;
  const stops: (() => void)[] = [];

  /** What earlier runs concluded and did not take back stands until this one has looked. */
  const recallConclusions = async (): Promise<void> => {
    const answer = await store.timeline({ from: 0, to: clock.now() + 1, limit: 1000 });
    conclusions = createConclusions(answer.kind === 'answer' ? answer.value.toReversed() : []);
  };
  const conclude = (): void => {
    const events = conclusions?.review(knowledge.diagnosis()) ?? [];
    if (events.length > 0) store.append(events);
  };
  const note = (): void => {
    const changes = log.review(knowledge.diagnosis(), clock.now(), () => awayOf(knowledge.state(), clock));
    if (changes.length > 0) store.saveStatuses(changes);
  };
  return {
    start() {
      // What is new is dated by when it was said, not by the next second.
      stops.push(clock.every(REVIEW_MS, conclude), clock.every(REVIEW_MS, note), knowledge.onChange(note));
      void recallConclusions();
    },
    history: {
      series: (query) => store.series(query),
      timeline: (query) => store.timeline(query),
      async statusAt(at) {
        const now = log.recall(at);
        if (now !== undefined) return { kind: 'answer', value: now };
        const answer = await store.statusAt(at);
        return answer.kind === 'answer' ? { kind: 'answer', value: completed(answer.value, log) } : answer;
      },
    },
    stop() {
      for (const stop of stops) stop();
      store.saveStatuses(log.close());
    },
  };
}

/** What the store has, with what may still be on its way there. */
function completed(found: StatusAt, log: Pick<StatusLog, 'since' | 'endOf'>): StatusAt {
  const since = log.since();
  if (since === undefined) return found;
  if (found.begins === undefined) return { ...found, begins: since };
  const { span, next } = found;
  if (span === undefined) return found;
  const until = Math.max(span.until, log.endOf(span.from) ?? 0);
  return { ...found, span: { ...span, until }, next: next ?? since };
}

/** By name; members count in monotonic time. */
function awayOf({ mesh }: ClusterState, clock: Clock): readonly AwayMember[] {
  const bootedAt = clock.now() - clock.monotonic();
  return (mesh?.members ?? [])
    .filter(({ state }) => state !== 'alive' && state !== 'left')
    .map(({ name, state, sinceMs }) => ({ node: name, state, since: Math.round(bootedAt + sinceMs) }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}
