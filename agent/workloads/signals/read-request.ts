/**
 * What alert managers and scripts send, read as what it is: text from elsewhere. Only what says that it fires sets a signal, and
 * only what says that it is over clears one. An alert without data, one that is paused, and one whose source cannot be asked
 * say nothing of a workload: whoever took them for a fault would have everything restarted when the database of the logs is away.
 *
 * Grafana's old alerts: `{ruleName, state: ok|paused|alerting|pending|no_data, message, tags, evalMatches: [{value, metric,
 * tags}]}`, where those of a rule that could not be evaluated are `alerting`, too, by default; its newer ones and Alertmanager's
 * webhook, version 4: `{alerts: [{status: firing|resolved, labels, annotations}]}`.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
import { hash } from 'node:crypto';
import type { IgnoredSignal, SignalRequest, SignalWord } from '../../model/signal.ts';
import { cleanText } from '../../model/text.ts';
import { type SignalMapping, isContainer, isNamespace, isWorkload, placeOfAlert } from './place.ts';

export interface SignalSettings {
  readonly ttlMs: number;
  readonly mapping: readonly SignalMapping[];
}

export type ReadRequest =
  | { readonly kind: 'read'; readonly words: readonly SignalWord[]; readonly ignored: readonly IgnoredSignal[] }
  | { readonly kind: 'mistake'; readonly mistake: string };

export const MOST_ALERTS = 200;
export const MAX_NAME_LENGTH = 80;
export const MAX_MESSAGE_LENGTH = 160;
const MAX_TTL_SECONDS = 86_400;
/** Names that Grafana gives to alerts of its own: https://grafana.com/docs/grafana/latest/alerting/ */
const BLIND_ALERTS: ReadonlySet<string> = new Set(['DatasourceNoData', 'DatasourceError']);
/** What Meerkat itself told, on its way back: the shipped alerts of Prometheus, and its own finding. */
const OWN = /^(Meerkat[A-Z]|WorkloadSignal$)/;
/** Grafana says there why a state is not what the rule has found: `NoData`, `Error`, `Paused`, `MissingSeries`. */
const STATE_REASON = 'grafana_state_reason';

const LEGACY_STATES: ReadonlyMap<string, SignalWord['state']> = new Map([
  ['alerting', 'firing'],
  ['ok', 'ok'],
]);
const STATES: ReadonlyMap<string, SignalWord['state']> = new Map([
  ['firing', 'firing'],
  ['resolved', 'ok'],
]);

export function readRequest(request: SignalRequest, settings: SignalSettings): ReadRequest {
  const body = mapOf(request.body);
  if (body === undefined) return mistake('The body must be a JSON object.');
  if (request.source === 'api') return readPlain(request, body, settings);
  const alerts = body.get('alerts');
  if (Array.isArray(alerts)) return readAlerts(request.source, alerts, settings);
  if (request.source === 'grafana' && typeof body.get('state') === 'string') return readLegacy(body, settings);
  return mistake(
    request.source === 'grafana'
      ? 'This is no notification of Grafana: it has neither "alerts" nor "state".'
      : 'This is no notification of Alertmanager, version 4: it has no "alerts".',
  );
}

const mistake = (text: string): ReadRequest => ({ kind: 'mistake', mistake: text });

/** Its own properties alone. */
const mapOf = (value: unknown): ReadonlyMap<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined;

const textOf = (value: unknown, maxLength: number): string =>
  typeof value === 'string' ? cleanText(value.slice(0, maxLength * 4), maxLength) : '';

const PLAIN_KEYS = ['state', 'name', 'message', 'container', 'ttlSeconds'];

function readPlain(
  { namespace, workload }: Extract<SignalRequest, { source: 'api' }>,
  body: ReadonlyMap<string, unknown>,
  { ttlMs }: SignalSettings,
): ReadRequest {
  if (!isNamespace(namespace)) return mistake('The path must name a namespace: /api/v1/signals/NAMESPACE/WORKLOAD.');
  if (!isWorkload(workload)) return mistake('The path must name a workload: /api/v1/signals/NAMESPACE/WORKLOAD.');
  const unknownKey = [...body.keys()].find((key) => !PLAIN_KEYS.includes(key));
  if (unknownKey !== undefined)
    return mistake(`Unknown key ${JSON.stringify(unknownKey.slice(0, 40))}: allowed are ${PLAIN_KEYS.join(', ')}.`);
  const state = body.get('state');
  if (state !== 'firing' && state !== 'ok') return mistake('"state" must be "firing" or "ok".');
  const texts = ['name', 'message', 'container'].filter(
    (key) => !['string', 'undefined'].includes(typeof body.get(key)),
  );
  if (texts.length > 0) return mistake(`"${texts[0]}" must be a text.`);
  const container = textOf(body.get('container'), 64);
  if (!isContainer(container)) return mistake('"container" must be the name of a container.');
  const ttlSeconds = body.get('ttlSeconds') ?? ttlMs / 1000;
  if (typeof ttlSeconds !== 'number' || !(ttlSeconds >= 1 && ttlSeconds <= MAX_TTL_SECONDS))
    return mistake(`"ttlSeconds" must be a number from 1 to ${MAX_TTL_SECONDS}.`);
  const name = textOf(body.get('name'), MAX_NAME_LENGTH) || 'signal';
  const message = textOf(body.get('message'), MAX_MESSAGE_LENGTH);
  const word = { namespace, workload, container, name, message, state, ttlMs: ttlSeconds * 1000 } as const;
  return { kind: 'read', words: [{ source: 'api', series: '', ...word }], ignored: [] };
}

function readLegacy(body: ReadonlyMap<string, unknown>, settings: SignalSettings): ReadRequest {
  const name = textOf(body.get('ruleName'), MAX_NAME_LENGTH);
  const state = textOf(body.get('state'), 40);
  const message = textOf(body.get('message'), MAX_MESSAGE_LENGTH);
  const told = LEGACY_STATES.get(state);
  const isUnfounded = told === 'firing' && !hasFigure(body.get('evalMatches'));
  const reading =
    told === undefined
      ? nothingSaid(state)
      : isUnfounded
        ? UNFOUNDED
        : wordOf('grafana', name, labelsOf(body.get('tags')), told, message, settings);
  return collect([reading], [name]);
}

/** Grafana's `executionErrorState` and `noDataState` make `alerting` of an error and of no data: then nothing was measured. */
const UNFOUNDED =
  'it is alerting without a value in evalMatches, as when Grafana could not ask its data source: that says nothing of a workload';
const hasFigure = (matches: unknown): boolean =>
  Array.isArray(matches) && matches.some((one) => Number.isFinite(mapOf(one)?.get('value')));

function readAlerts(
  source: 'grafana' | 'alertmanager',
  all: readonly unknown[],
  settings: SignalSettings,
): ReadRequest {
  const alerts = all.slice(0, MOST_ALERTS).map((alert) => mapOf(alert) ?? new Map<string, unknown>());
  const names = alerts.map((alert) => labelsOf(alert.get('labels')).get('alertname') ?? '');
  const read = collect(
    alerts.map((alert) => readAlert(source, alert, settings)),
    names,
  );
  if (read.kind === 'mistake' || all.length <= MOST_ALERTS) return read;
  const rest = { what: `${all.length - MOST_ALERTS} more`, why: `one notification may have ${MOST_ALERTS} alerts` };
  return { ...read, ignored: [...read.ignored, rest] };
}

function readAlert(
  source: 'grafana' | 'alertmanager',
  alert: ReadonlyMap<string, unknown>,
  settings: SignalSettings,
): SignalWord | string {
  const [labels, annotations] = [labelsOf(alert.get('labels')), labelsOf(alert.get('annotations'))];
  const name = labels.get('alertname') ?? '';
  const status = textOf(alert.get('status'), 40);
  const state = STATES.get(status);
  if (BLIND_ALERTS.has(name)) return 'it says that Grafana could not look, which says nothing of a workload';
  if (OWN.test(name)) return 'it is Meerkat’s own word, on its way back';
  const reason = annotations.get(STATE_REASON) ?? labels.get(STATE_REASON) ?? '';
  if (reason !== '') return `its state is for the reason ${reason}, which says nothing of a workload`;
  if (state === undefined) return nothingSaid(status);
  const said = ['summary', 'message', 'description'].map((key) => annotations.get(key) ?? '');
  const word = wordOf(source, name, labels, state, said.find((text) => text !== '') ?? '', settings);
  return typeof word === 'string' ? word : { ...word, series: seriesOf(alert, labels) };
}

/** Which of the alerts of one name it is: by its fingerprint, which is one of its labels, or by these. */
function seriesOf(alert: ReadonlyMap<string, unknown>, labels: ReadonlyMap<string, string>): string {
  const fingerprint = textOf(alert.get('fingerprint'), 64);
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', fingerprint === '' ? JSON.stringify(sorted) : fingerprint).slice(0, 10);
}

const nothingSaid = (state: string): string =>
  `its state is ${state === '' ? 'not given' : JSON.stringify(state)}: only what fires sets a signal, only what is over clears one`;

function wordOf(
  source: 'grafana' | 'alertmanager',
  name: string,
  labels: ReadonlyMap<string, string>,
  state: 'firing' | 'ok',
  message: string,
  { ttlMs, mapping }: SignalSettings,
): SignalWord | string {
  if (name === '') return 'it has no name';
  const place = placeOfAlert(name, labels, mapping);
  if (typeof place === 'string') return place;
  return { source, ...place, name, series: '', message: cleanText(message, MAX_MESSAGE_LENGTH), state, ttlMs };
}

const MOST_LABELS = 64;
/** The names of objects have so many characters at most. */
const MAX_LABEL_LENGTH = 253;

function labelsOf(value: unknown): ReadonlyMap<string, string> {
  const entries = [...(mapOf(value) ?? [])].slice(0, MOST_LABELS);
  return new Map(
    entries.map(([key, text]) => [key, textOf(text, key === 'alertname' ? MAX_NAME_LENGTH : MAX_LABEL_LENGTH)]),
  );
}

/** Of one alert that is in it twice that it fires counts. */
function collect(readings: readonly (SignalWord | string)[], names: readonly string[]): ReadRequest {
  const words = new Map<string, SignalWord>();
  const ignored: IgnoredSignal[] = [];
  for (const [index, reading] of readings.entries()) {
    if (typeof reading === 'string') {
      ignored.push({ what: names[index] || 'an alert without a name', why: reading });
      continue;
    }
    const key = JSON.stringify([reading.namespace, reading.workload, reading.container, reading.name, reading.series]);
    if (words.get(key)?.state !== 'firing') words.set(key, reading);
  }
  return { kind: 'read', words: [...words.values()], ignored };
}
