import { expect, it } from 'vitest';
import { createFakeClock } from '../test/lib/fake-clock.ts';
import { NOON, aDiagnosis, aFinding, aState } from '../test/lib/fixtures.ts';
import { createDiary } from './diary.ts';
import type { StatusAt, StatusChange } from './model/past-status.ts';

function aDiary(found: StatusAt = { over: {} }) {
  const clock = createFakeClock();
  const saved: StatusChange[] = [];
  const listeners = new Set<() => void>();
  let diagnosis = aDiagnosis();
  const none = () => Promise.resolve({ kind: 'answer' as const, value: [] });
  const diary = createDiary({
    clock,
    knowledge: {
      diagnosis: () => diagnosis,
      state: () => aState([]),
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    store: {
      append: () => {},
      saveStatuses: (changes) => void saved.push(...changes),
      series: none,
      timeline: none,
      statusAt: () => Promise.resolve({ kind: 'answer', value: found }),
    },
  });
  const say = (next: typeof diagnosis): void => {
    diagnosis = next;
    for (const listener of listeners) listener();
  };
  return { clock, saved, diary, say, listeners };
}

it('dates what is new by when it was said', async () => {
  const { clock, diary, saved, say } = aDiary();
  diary.start();
  await clock.advance(5500);
  say(aDiagnosis({ status: 'degraded', findings: [aFinding()] }));
  await clock.advance(3000);
  diary.stop();

  expect(saved.map(({ from, until }) => [from - NOON, until - NOON])).toEqual([
    [1000, 1000],
    [1000, 5500],
    [5500, 5500],
    [5500, 8000],
  ]);
});

it('completes what the store has with what it does not have yet', async () => {
  const { clock, diary } = aDiary();
  diary.start();
  await clock.advance(5000);

  expect(await diary.history.statusAt(NOON)).toEqual({ kind: 'answer', value: { begins: NOON + 1000, over: {} } });
  expect(await diary.history.statusAt(NOON + 4000)).toMatchObject({ value: { span: { from: NOON + 1000 } } });

  const { at: _at, ...diagnosis } = aDiagnosis();
  const record = { ...diagnosis, leftOut: 0, away: [], awayLeftOut: 0 };
  const span = { from: NOON - 9000, until: NOON - 8000, record };
  const later = aDiary({ begins: NOON - 9000, span, over: {} });
  later.diary.start();
  await later.clock.advance(5000);

  expect(await later.diary.history.statusAt(NOON)).toMatchObject({ value: { span, next: NOON + 1000 } });
});

it('knows until when the last one held before the store does', async () => {
  const { at: _at, ...diagnosis } = aDiagnosis();
  const record = { ...diagnosis, leftOut: 0, away: [], awayLeftOut: 0 };
  const from = NOON + 1000;
  const { clock, diary, say } = aDiary({ begins: from, span: { from, until: from, record }, over: {} });
  diary.start();
  await clock.advance(20_500);
  say(aDiagnosis({ status: 'degraded', findings: [aFinding()] }));

  expect(await diary.history.statusAt(NOON + 10_000)).toMatchObject({
    value: { span: { from, until: NOON + 20_500 }, next: NOON + 20_500 },
  });
});

it('listens to nobody when it has ended', () => {
  const { diary, listeners } = aDiary();
  diary.start();
  diary.stop();

  expect(listeners.size).toBe(0);
});
