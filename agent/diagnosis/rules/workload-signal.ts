import { type Signal, placeWords, signalWords } from '../../model/signal.ts';
import { formatInstant } from '../../model/text.ts';
import type { Draft, Rule } from '../rule.ts';
import { firstLines } from '../words.ts';

/** Of more workloads it is told how many. */
const MOST_WORKLOADS = 16;

export const workloadSignal: Rule = {
  reason: 'WorkloadSignal',
  severity: 'info',
  concludes: 'An alert manager or a script says that something is wrong with a workload.',
  from: 'What was sent to `/api/v1/hooks/grafana`, `/api/v1/hooks/alertmanager` or `/api/v1/signals/NAMESPACE/WORKLOAD` of any agent.',
  sound:
    'Who says it has the token or signs it. It is their word, and told as theirs: it never changes the status, and no check of Meerkat has seen it.',
  silentWhen:
    'It was said to be over, or was not said again in time (`signals.ttlMinutes`): then `GET /api/v1/signals` has it as unknown. States like no_data, paused or pending, and the alerts DatasourceNoData and DatasourceError, say nothing.',
  claims: [],
  find({ state: { signals = [] }, now }) {
    const firing = signals.filter(({ state }) => state === 'firing');
    const all = [...Map.groupBy(firing, placeWords)].map(([place, those]) => draftOf(place, those, now));
    if (all.length <= MOST_WORKLOADS) return all;
    const oldestFirst = all.toSorted((a, b) => a.since - b.since || ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    const others = oldestFirst.slice(MOST_WORKLOADS - 1);
    return [...oldestFirst.slice(0, MOST_WORKLOADS - 1), ...restOf(others)];
  },
};

function draftOf(place: string, signals: readonly Signal[], now: number): Draft {
  const sorted = signals.toSorted((a, b) => a.since - b.since || (a.name < b.name ? -1 : 1));
  const [first] = sorted as [Signal, ...Signal[]];
  const more = sorted.length === 1 ? '' : `, and ${sorted.length - 1} more like it`;
  return {
    reason: 'WorkloadSignal',
    severity: 'info',
    nodeSeverity: 'info',
    // Whoever is told next does not make it another finding.
    node: first.firstBy,
    subject: place,
    sentence: `${signalWords(first)}${more}`,
    since: first.since,
    observers: [...new Set(sorted.map(({ by }) => by))].sort(),
    dissent: [],
    evidence: firstLines(
      sorted.map((one) => `${signalWords(one)} (since ${formatInstant(one.since, now)}, told to ${one.by})`),
    ),
    alternatives: [],
    next: [`Look there: kubectl -n ${first.namespace} get pods,events; meerkat signals tells until when it holds`],
    intervalMs: 1000,
    // Who works on the node that was told excuses nothing.
    isOfAll: true,
  };
}

function restOf(others: readonly Draft[]): Draft[] {
  const [first] = others;
  if (first === undefined) return [];
  const { evidence: _, ...rest } = first;
  return [
    {
      ...rest,
      subject: 'others',
      sentence: `The same is said of ${others.length} more workloads`,
      observers: [...new Set(others.flatMap(({ observers }) => observers))].sort(),
      evidence: firstLines(others.map(({ sentence }) => sentence)),
      next: ['All of them: meerkat signals'],
    },
  ];
}
