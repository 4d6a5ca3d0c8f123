import { describe, expect, it } from 'vitest';
import type { SignalRequest } from '../../model/signal.ts';
import { MOST_ALERTS, type SignalSettings, readRequest } from './read-request.ts';

const SETTINGS: SignalSettings = {
  ttlMs: 900_000,
  mapping: [{ alert: 'QueueStalled', namespace: 'prod', workload: 'worker', container: 'main' }],
};
const read = (request: SignalRequest) => readRequest(request, SETTINGS);
/** `state namespace/workload/container name: message`, then `name ignored: why`. */
function told(request: SignalRequest): readonly string[] {
  const answer = read(request);
  if (answer.kind === 'mistake') return [`mistake: ${answer.mistake}`];
  return [
    ...answer.words.map(
      (one) => `${one.state} ${one.namespace}/${one.workload}/${one.container} ${one.name}: ${one.message}`,
    ),
    ...answer.ignored.map(({ what, why }) => `${what} ignored: ${why}`),
  ];
}

const PLACED = { namespace: 'prod', deployment: 'api' };
const legacy = (state: unknown, more: object = {}): SignalRequest => ({
  source: 'grafana',
  body: {
    ruleId: 1,
    ruleName: 'QueueStalled',
    state,
    title: '[Alerting] QueueStalled',
    message: 'no line in 10 min',
    evalMatches: [{ value: 100, metric: 'lines', tags: null }],
    ...more,
  },
});
const unified = (source: 'grafana' | 'alertmanager', ...alerts: readonly object[]): SignalRequest => ({
  source,
  body: { version: '4', status: 'firing', receiver: 'meerkat', groupKey: '{}', alerts, state: 'alerting' },
});
const alert = (status: unknown, labels: object, annotations: object = {}): object => ({
  status,
  labels: { alertname: 'Slow', ...labels },
  annotations,
  startsAt: '2026-01-01T00:00:00Z',
  endsAt: '0001-01-01T00:00:00Z',
});

describe('an old alert of Grafana', () => {
  it.each([
    ['alerting', 'firing prod/worker/main QueueStalled: no line in 10 min'],
    ['ok', 'ok prod/worker/main QueueStalled: no line in 10 min'],
  ])('that is %s says so', (state, expected) => {
    expect(told(legacy(state))).toEqual([expected]);
  });

  it.each(['no_data', 'paused', 'pending', 'unknown', 'ALERTING', 'constructor', ''])(
    'that is %j changes nothing: Grafana no_data changes nothing',
    (state) => {
      expect(told(legacy(state))).toEqual([expect.stringMatching(/^QueueStalled ignored: its state is /)]);
    },
  );

  it.each([[[]], [undefined], [null], [{}], [[{ value: null, metric: 'NoData', tags: null }]], [[5, { value: '7' }]]])(
    'that is alerting without a value, %j, changes nothing: its rule could not be evaluated',
    (evalMatches) => {
      expect(told(legacy('alerting', { evalMatches }))).toEqual([
        expect.stringMatching(/^QueueStalled ignored: it is alerting without a value in evalMatches/),
      ]);
    },
  );

  it('may have found the value 0', () => {
    const evalMatches = [{ value: null }, { value: 0, metric: 'Count', tags: {} }];
    expect(told(legacy('alerting', { evalMatches }))).toEqual([
      'firing prod/worker/main QueueStalled: no line in 10 min',
    ]);
    // What is over has none.
    expect(told(legacy('ok', { evalMatches: [] }))).toEqual(['ok prod/worker/main QueueStalled: no line in 10 min']);
  });

  it('is placed by its tags, too', () => {
    expect(told(legacy('alerting', { ruleName: 'Other', tags: PLACED, message: undefined }))).toEqual([
      'firing prod/api/ Other: ',
    ]);
  });
});

describe('alerts of version 4', () => {
  it.each(['grafana', 'alertmanager'] as const)('say by themselves what they are, from %s', (source) => {
    const annotations = { description: 'long', summary: 'queue is\nnot consumed\u001b[31m' };
    expect(
      told(
        unified(
          source,
          alert('firing', PLACED, annotations),
          alert('resolved', { namespace: 'prod', pod: 'db-0', container: 'main', alertname: 'Slow' }),
        ),
      ),
    ).toEqual(['firing prod/api/ Slow: queue is not consumed [31m', 'ok prod/db-0/main Slow: ']);
  });

  it.each([
    ['DatasourceNoData', alert('firing', { ...PLACED, alertname: 'DatasourceNoData' })],
    ['DatasourceError', alert('firing', { ...PLACED, alertname: 'DatasourceError' })],
    ['Slow', alert('firing', PLACED, { grafana_state_reason: 'NoData' })],
    ['Slow', alert('resolved', PLACED, { grafana_state_reason: 'Paused' })],
    ['Slow', alert('firing', { ...PLACED, grafana_state_reason: 'Error' })],
    ['Slow', alert('pending', PLACED)],
    ['MeerkatCause', alert('firing', { ...PLACED, alertname: 'MeerkatCause' })],
    ['WorkloadSignal', alert('firing', { ...PLACED, alertname: 'WorkloadSignal' })],
    ['Slow', alert(undefined, PLACED)],
  ])('of which %s says nothing of a workload change nothing: %j', (name, one) => {
    expect(told(unified('grafana', one))).toEqual([expect.stringContaining(`${name} ignored: `)]);
  });

  it('of one name and workload are told apart by their fingerprints, or by their labels', () => {
    const seriesOf = (...alerts: readonly object[]): (readonly [string, string])[] => {
      const answer = read(unified('alertmanager', ...alerts));
      return answer.kind === 'read' ? answer.words.map(({ state, series }) => [state, series] as const) : [];
    };
    const one = { ...PLACED, pod: 'api-0' };
    const two = { pod: 'api-1', ...PLACED };
    const [first, second] = seriesOf(alert('firing', one), alert('resolved', two));
    expect([first?.[0], second?.[0]]).toEqual(['firing', 'ok']);
    expect(first?.[1]).toMatch(/^[0-9a-f]{10}$/);
    expect(second?.[1]).not.toBe(first?.[1]);
    expect(seriesOf(alert('resolved', { pod: 'api-0', ...PLACED }))).toEqual([['ok', first?.[1]]]);
    const printed = (fingerprint: string, labels: object) => ({ ...alert('firing', labels), fingerprint });
    const [same, again, other] = seriesOf(printed('c0ffee', one), printed('decaf', one), printed('c0ffee', two));
    expect(same?.[1]).not.toBe(again?.[1]);
    expect(other).toBeUndefined();
    // The same twice fires.
    expect(seriesOf(alert('resolved', one), alert('firing', one))).toEqual([first]);
    expect(seriesOf(alert('firing', one), alert('resolved', one))).toEqual([first]);
  });

  it.each([
    [{}, /no label namespace/],
    [{ namespace: 'prod' }, /no label namespace with one of workload, deployment/],
    [{ deployment: 'api' }, /no label namespace/],
    [{ namespace: 'Prod!', deployment: 'api' }, /its label namespace is no name/],
    [{ namespace: 'prod', deployment: '../etc' }, /its label deployment is no name/],
    [{ namespace: 'prod', pod: 'a', container: 'b c' }, /its label container is no name/],
    [{ namespace: 7, deployment: [] }, /no label namespace/],
  ])('that name no workload are left out: %j', (labels, why) => {
    expect(told(unified('alertmanager', alert('firing', labels)))).toEqual([expect.stringMatching(why)]);
  });

  it('may name the container alone, as whoever calls both alike', () => {
    expect(told(unified('grafana', alert('firing', { namespace: 'prod', container: 'consume' })))).toEqual([
      'firing prod/consume/ Slow: ',
    ]);
  });

  it('are 200 at most', () => {
    const many = Array.from({ length: MOST_ALERTS + 3 }, (_, index) =>
      alert('firing', { ...PLACED, alertname: `A${index}` }),
    );
    const answer = read(unified('alertmanager', ...many));
    expect(answer).toMatchObject({
      words: { length: MOST_ALERTS },
      ignored: [{ what: '3 more', why: 'one notification may have 200 alerts' }],
    });
  });
});

it.each([
  [{ source: 'grafana', body: [] }, /must be a JSON object/],
  [{ source: 'grafana', body: null }, /must be a JSON object/],
  [{ source: 'grafana', body: {} }, /neither "alerts" nor "state"/],
  [{ source: 'alertmanager', body: { state: 'alerting' } }, /has no "alerts"/],
  [{ source: 'alertmanager', body: { alerts: 'many' } }, /has no "alerts"/],
] as const)('is no notification: %j', (request, expected) => {
  expect(told(request)).toEqual([expect.stringMatching(expected)]);
});

it.each([null, 5, 'text', [], {}, { labels: 5 }, { status: 'firing', labels: null }])(
  'reads %j as an alert that changes nothing',
  (one) => {
    expect(told({ source: 'alertmanager', body: { alerts: [one] } })).toEqual([
      expect.stringMatching(/^an alert without a name ignored: /),
    ]);
  },
);

describe('a plain signal', () => {
  const plain = (body: unknown, place = { namespace: 'prod', workload: 'worker' }): readonly string[] =>
    told({ source: 'api', ...place, body });

  it('says what it is about in its path', () => {
    expect(plain({ state: 'firing' })).toEqual(['firing prod/worker/ signal: ']);
    expect(plain({ state: 'ok', name: 'queue', message: 'fine\n', container: 'main', ttlSeconds: 60 })).toEqual([
      'ok prod/worker/main queue: fine',
    ]);
    expect(read({ source: 'api', namespace: 'a', workload: 'b', body: { state: 'ok', ttlSeconds: 60 } })).toMatchObject(
      {
        words: [{ ttlMs: 60_000 }],
      },
    );
  });

  it.each([
    [{}, /"state" must be/],
    [{ state: 'dead' }, /"state" must be/],
    [{ state: 'firing', ttlSeconds: 86_401 }, /"ttlSeconds" must be a number from 1 to 86400/],
    [{ state: 'firing', ttlSeconds: '60' }, /"ttlSeconds" must be/],
    [{ state: 'firing', name: 5 }, /"name" must be a text/],
    [{ state: 'firing', container: 'a b' }, /"container" must be/],
    [{ state: 'firing', liveness: true }, /Unknown key "liveness"/],
  ])('that is wrong is refused with what is allowed: %j', (body, expected) => {
    expect(plain(body)).toEqual([expect.stringMatching(expected)]);
  });

  it('is refused for a place that cannot be', () => {
    expect(plain({ state: 'firing' }, { namespace: 'UP', workload: 'a' })).toEqual([
      expect.stringMatching(/name a namespace/),
    ]);
    expect(plain({ state: 'firing' }, { namespace: 'up', workload: '..' })).toEqual([
      expect.stringMatching(/name a workload/),
    ]);
  });
});
