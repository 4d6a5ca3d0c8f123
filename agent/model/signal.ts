/** What alert managers and scripts say of workloads. It is their word: nothing that Meerkat has looked at. */

/** `api`: whoever asked `POST /api/v1/signals/NAMESPACE/WORKLOAD`. */
export const SIGNAL_SOURCES = ['api', 'grafana', 'alertmanager'] as const;
export type SignalSource = (typeof SIGNAL_SOURCES)[number];

/** Of what a signal is; one that is told again with the same is the same one. */
export interface SignalKey {
  readonly namespace: string;
  /** The name of a Deployment, DaemonSet, StatefulSet or Job, or of a pod. */
  readonly workload: string;
  /** Empty: the whole workload. */
  readonly container: string;
  /** Of the alert. */
  readonly name: string;
}

/** What was said once. */
export interface SignalWord extends SignalKey {
  /** Which of several alerts of one name, as there is one of each pod; empty: there is one, or all are meant. */
  readonly series: string;
  readonly source: SignalSource;
  readonly state: 'firing' | 'ok';
  /** Empty: nothing was said besides. */
  readonly message: string;
  /** For how long it holds without being said again. */
  readonly ttlMs: number;
}

/** What holds now, of all that was said to any agent; alerts of several series are one. */
export interface Signal extends SignalKey {
  readonly source: SignalSource;
  /** `unknown`: it was firing, and was not said again in time: whether it is over nobody said. */
  readonly state: 'firing' | 'unknown';
  readonly message: string;
  /** When it began to fire, and was said last, Unix ms. */
  readonly since: number;
  readonly saidAt: number;
  /** It is unknown from then on, Unix ms. */
  readonly until: number;
  /** The node whose agent was told first, and last. */
  readonly firstBy: string;
  readonly by: string;
  /** The agent that was told last is connected to this one: it would know if it were over. */
  readonly isCurrent: boolean;
}

/** What comes to an agent from outside, as yet unread. */
export type SignalRequest =
  | { readonly source: 'api'; readonly namespace: string; readonly workload: string; readonly body: unknown }
  | { readonly source: 'grafana' | 'alertmanager'; readonly body: unknown };

/** Something that changes nothing, and why: a sentence without a full stop. */
export interface IgnoredSignal {
  readonly what: string;
  readonly why: string;
}

/** `mistake`: the request as a whole cannot be read; a sentence. */
export type SignalAnswer =
  | {
      readonly kind: 'taken';
      readonly taken: number;
      readonly ignored: readonly IgnoredSignal[];
      /** There is no room for these: their sender is to say them again. */
      readonly refused: readonly IgnoredSignal[];
    }
  | { readonly kind: 'mistake'; readonly mistake: string };

/** `prod/worker`, `prod/worker (container main)` */
export const placeWords = ({ namespace, workload, container }: Omit<SignalKey, 'name'>): string =>
  `${namespace}/${workload}${container === '' ? '' : ` (container ${container})`}`;

const SPEAKERS: Readonly<Record<SignalSource, string>> = {
  api: 'A client of the API',
  grafana: 'Grafana',
  alertmanager: 'Alertmanager',
};

/** `Grafana says of prod/worker: QueueStalled: the queue is not consumed`. Without a full stop. */
export function signalWords(signal: SignalKey & { readonly source: SignalSource; readonly message: string }): string {
  const said = [signal.name, signal.message.replace(/[\s.]+$/, '')].filter((part) => part !== '').join(': ');
  return `${SPEAKERS[signal.source]} says of ${placeWords(signal)}: ${said}`;
}
