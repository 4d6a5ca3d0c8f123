import { expect, it } from 'vitest';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { type ProbeImage, probeImage } from '../../../checks/lib/probe-image.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createFakeEngine } from '../../../test/lib/fake-engine.ts';
import { createDockerRuntime } from './docker.ts';
import { start } from './start.ts';

const image = probeImage('x64') as ProbeImage;
const reference = `meerkat-probe:${image.tag}`;

function setUp() {
  const clock = createFakeClock();
  const engine = createFakeEngine(clock);
  const cleanedUp: string[] = [];
  const stop = new AbortController();
  const options = { name: 'p1', instance: 'n1' };
  const deps = { clock, signal: stop.signal, cleanUp: (name: string) => cleanedUp.push(name) };
  return { clock, engine, cleanedUp, stop, run: () => start(createDockerRuntime(engine, image), options, deps) };
}

it('creates, starts, waits for and removes a container', async () => {
  const { engine, run, cleanedUp } = setUp();
  const answer = await run();
  expect(answer).toMatchObject({ kind: 'ok', runtime: 'Fake 1.0' });
  expect(Object.keys('phases' in answer ? answer.phases : {})).toEqual([
    'list',
    'sweep',
    'image',
    'create',
    'start',
    'wait',
    'remove',
    'total',
  ]);
  expect(engine.calls).toEqual([
    'probeContainers',
    `hasImage ${reference}`,
    `importImage ${image.tag}`,
    'createContainer p1',
    'startContainer p1',
    'waitForContainer p1',
    'removeContainer p1',
  ]);
  expect([...engine.containers.keys(), ...cleanedUp]).toEqual([]);
});

it('imports the image only where it is missing', async () => {
  const { engine, run } = setUp();
  engine.images.add(reference);
  await run();
  expect(engine.calls.filter((call) => call.startsWith('import'))).toEqual([]);
});

it('names the phase that failed, in the engine’s words, and has its container removed', async () => {
  const { engine, run, cleanedUp } = setUp();
  engine.behaviour.startContainer = new EngineError('error', 'exec format error');
  expect(await run()).toMatchObject({
    kind: 'failed',
    failure: 'error',
    phase: 'start',
    message: 'exec format error',
    phases: { create: 0, start: 0 },
  });
  expect(cleanedUp).toEqual(['p1']);
});

it('does not take a container that fails for one that works', async () => {
  const { engine, run, cleanedUp } = setUp();
  engine.exitCode = 137;
  expect(await run()).toMatchObject({
    kind: 'failed',
    phase: 'wait',
    message: 'the container ended with exit code 137 instead of 0',
  });
  expect(cleanedUp).toEqual(['p1']);
});

it('gives up within 7 s and has a container removed that may be created all the same', async () => {
  const { clock, engine, run, cleanedUp } = setUp();
  engine.behaviour.createContainer = 'hang';
  const answer = run();
  await clock.advance(7000);
  expect(await answer).toMatchObject({ failure: 'hung', phase: 'create', phases: { create: 7000 } });
  expect(cleanedUp).toEqual(['p1']);
  expect(clock.pendingTimers()).toBe(0);
});

it('gives up on an engine that cannot list within 2 s, with nothing to remove', async () => {
  const { clock, engine, run, cleanedUp } = setUp();
  engine.behaviour.probeContainers = 'hang';
  const answer = run();
  await clock.advance(2000);
  expect(await answer).toMatchObject({ failure: 'hung', phase: 'list' });
  expect(cleanedUp).toEqual([]);
});

it('says nothing about the runtime when it is stopped, and cleans up', async () => {
  const { clock, engine, run, stop, cleanedUp } = setUp();
  engine.behaviour.waitForContainer = 'hang';
  const answer = run();
  await clock.advance(0);
  stop.abort(new Error('stopping'));
  expect(await answer).toMatchObject({ kind: 'unavailable' });
  expect(cleanedUp).toEqual(['p1']);
});

it('removes leftovers first, and not what another agent made just now', async () => {
  const { clock, engine, run } = setUp();
  const add = (id: string, instance: string, ageMs: number): unknown =>
    engine.containers.set(id, { id, instance, createdAt: clock.now() - ageMs });
  add('own', 'n1', 10);
  add('foreign-old', 'n2', 61_000);
  add('foreign-new', 'n2', 59_000);
  await run();
  expect([...engine.containers.keys()]).toEqual(['foreign-new']);
});

it('runs although a leftover cannot be removed', async () => {
  const { clock, engine, run } = setUp();
  engine.containers.set('stuck', { id: 'stuck', instance: 'n1', createdAt: 0 });
  engine.behaviour['removeContainer stuck'] = 'hang';
  const answer = run();
  await clock.advance(1000);
  expect(await answer).toMatchObject({ kind: 'ok' });
});

it('makes no more where ten cannot be removed', async () => {
  const { engine, run } = setUp();
  for (let index = 0; index < 11; index += 1)
    engine.containers.set(`stuck-${index}`, { id: `stuck-${index}`, instance: 'n1', createdAt: 0 });
  engine.behaviour.removeContainer = new EngineError('error', 'device or resource busy');
  expect(await run()).toMatchObject({
    kind: 'failed',
    phase: 'sweep',
    message: '11 containers of earlier probes cannot be removed',
  });
  expect(engine.calls).not.toContain('createContainer p1');
});
