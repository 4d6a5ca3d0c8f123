import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { EventQuery, EventsAnswer, SeenEvent } from '../../model/cluster-event.ts';
import { anEvent } from '../../../test/lib/cluster-events.ts';
import { type PodEvents, podEventsOf } from './pod-events.ts';

const POD = { namespace: 'prod', pod: 'api-7d9f', uid: 'pod-1' };
const KUBECTL = 'kubectl -n prod get events --field-selector involvedObject.name=api-7d9f';
const answerOf = (events: readonly SeenEvent[], more: Partial<EventsAnswer> = {}): EventsAnswer => ({
  events,
  isCut: false,
  from: ['w1'],
  feed: { state: 'current', standbys: [] },
  ...more,
});

async function ask(events: (query: EventQuery) => Promise<EventsAnswer>) {
  const clock = createFakeClock();
  let given: PodEvents | undefined;
  void podEventsOf(POD, { clock, port: { events } }).then((value) => (given = value));
  await clock.advance(5000);
  return given;
}

it('are those of the pod of that uid, oldest first and without secrets', async () => {
  const queries: EventQuery[] = [];
  const given = await ask((query) => {
    queries.push(query);
    const of = (at: number, more: object): SeenEvent => ({ ...anEvent(at), occurrences: 2, ...more });
    return Promise.resolve(
      answerOf([
        of(30, { message: 'failed with password=hunter2', container: 'app' }),
        of(20, { objectUid: 'pod-0' }),
        of(10, { reason: 'Pulled', type: 'Normal', message: 'pulled' }),
      ]),
    );
  });
  expect(queries).toMatchObject([{ kind: 'Pod', namespace: 'prod', name: 'api-7d9f' }]);
  expect(given?.missing).toEqual([]);
  expect(given?.events).toEqual([
    { at: 10, type: 'Normal', reason: 'Pulled', message: 'pulled', component: 'kubelet', occurrences: 2 },
    {
      at: 30,
      type: 'Warning',
      reason: 'BackOff',
      message: expect.not.stringContaining('hunter2'),
      component: 'kubelet',
      container: 'app',
      occurrences: 2,
    },
  ]);
});

it('are told with why they may not be all', async () => {
  const stale = { state: 'stale', why: 'the API does not answer', standbys: [] } as const;
  const given = await ask(() => Promise.resolve(answerOf([{ ...anEvent(1), occurrences: 1 }], { feed: stale })));
  expect(given).toMatchObject({
    events: [{ at: 1 }],
    missing: [`events of the pod: the API does not answer; ${KUBECTL}`],
  });
});

it('are waited for no longer than the rest of a scene', async () => {
  expect(await ask(() => new Promise(() => {}))).toEqual({
    events: [],
    missing: [`events of the pod: nobody answered within 5 s; ${KUBECTL}`],
  });
});

it('are none where nobody reads them', async () => {
  expect(await podEventsOf(POD, { clock: createFakeClock(), port: undefined })).toEqual({
    events: [],
    missing: [`events of the pod: this agent does not read them; ${KUBECTL}`],
  });
});
