import { expect, it } from 'vitest';
import { EngineError, type EngineFailure } from '../../../checks/lib/engine-error.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createFakeEngine } from '../../../test/lib/fake-engine.ts';
import { createDockerRuntime } from './docker.ts';
import { ping } from './ping.ts';

const never = new AbortController().signal;

it('says what it is and how long both calls took', async () => {
  const clock = createFakeClock();
  const engine = createFakeEngine(clock);
  expect(await ping(createDockerRuntime(engine, undefined), clock, never)).toEqual({
    kind: 'ok',
    runtime: 'Fake 1.0',
    phases: { ping: 0, list: 0 },
  });
  expect(engine.calls).toEqual(['ping', 'listOne']);
});

it('tells a runtime that says OK but cannot list from one that lives', async () => {
  const clock = createFakeClock();
  const engine = createFakeEngine(clock);
  engine.behaviour.listOne = 'hang';
  const answer = ping(createDockerRuntime(engine, undefined), clock, never);
  await clock.advance(1700);
  expect(await answer).toEqual({
    kind: 'failed',
    runtime: 'Fake 1.0',
    failure: 'hung',
    phase: 'list',
    message: 'listOne was not answered within 1.7 s',
    phases: { ping: 0, list: 1700 },
  });
});

it.each<[EngineFailure, object]>([
  ['refused', { kind: 'failed', failure: 'refused', phase: 'ping', message: 'm' }],
  ['error', { kind: 'failed', failure: 'error', phase: 'ping', message: 'm' }],
  ['denied', { kind: 'unavailable', message: 'm' }],
  ['foreign', { kind: 'unavailable', message: 'm' }],
  ['aborted', { kind: 'unavailable', message: 'm' }],
])('answers %s', async (failure, answer) => {
  const clock = createFakeClock();
  const engine = createFakeEngine(clock);
  engine.behaviour.ping = new EngineError(failure, 'm');
  expect(await ping(createDockerRuntime(engine, undefined), clock, never)).toMatchObject(answer);
});
