import { expect, it } from 'vitest';
import { containerStart } from './container-start.ts';
import { testContext } from './lib/testing.ts';
import type { Outcome, RuntimeProbeAnswer } from './types.ts';

const look = (answer: RuntimeProbeAnswer, config: { slowSeconds?: number } = {}): Promise<Outcome> =>
  containerStart.run(testContext(containerStart, { config, runtime: { probe: async () => answer } }));

const phases = { list: 1, image: 1, create: 1000, start: 3500, wait: 500, remove: 200, total: 5200 };
const failed = { kind: 'failed', runtime: 'Docker 27.3.1', message: 'm', phases: { create: 20 } } as const;

it('is ok with the phases in seconds', async () => {
  const outcome = await look({ kind: 'ok', runtime: 'Docker 27.3.1', phases: { ...phases, total: 5000 } });
  expect(outcome).toEqual({
    status: 'ok',
    readings: [
      { name: 'create_seconds', value: 1 },
      { name: 'start_seconds', value: 3.5 },
      { name: 'wait_seconds', value: 0.5 },
      { name: 'remove_seconds', value: 0.2 },
      { name: 'total_seconds', value: 5 },
    ],
  });
});

it('says where the time goes when a start is slow', async () => {
  const answer = { kind: 'ok', runtime: 'Docker 27.3.1', phases } as const;
  expect(await look(answer)).toMatchObject({
    status: 'problem',
    problems: [
      {
        reason: 'ContainerStartSlow',
        message:
          'Docker 27.3.1: a container took 5.2 s from create to removed (create 1.0 s, start 3.5 s, wait 0.5 s, remove 0.2 s).',
      },
    ],
  });
  expect(await look(answer, { slowSeconds: 6 })).toMatchObject({ status: 'ok' });
});

it.each(['list', 'image', 'create', 'start', 'wait'])('cannot start when phase %s fails', async (phase) => {
  expect(await look({ ...failed, failure: 'error', phase })).toEqual({
    status: 'problem',
    problems: [{ reason: 'ContainersCannotStart', message: `Docker 27.3.1, phase ${phase}: m.` }],
    readings: [{ name: 'create_seconds', value: 0.02 }],
  });
});

it('does not call a container that started one that cannot', async () => {
  expect(await look({ ...failed, failure: 'hung', phase: 'remove' })).toMatchObject({
    problems: [{ reason: 'ContainersCannotBeRemoved' }],
  });
});

it('is a problem of its own when the runtime hangs or its configured socket refuses', async () => {
  for (const answer of [{ failure: 'hung' }, { failure: 'refused', configured: true }] as const) {
    expect(await look({ ...failed, ...answer, phase: 'list' })).toMatchObject({
      problems: [{ reason: 'ContainersCannotStart' }],
    });
  }
});

it('is absent where nobody listens and unknown where nobody could look', async () => {
  expect(await look({ ...failed, failure: 'refused', phase: 'list' })).toEqual({ status: 'absent', why: 'm' });
  expect(await look({ kind: 'unavailable', message: 'w' })).toMatchObject({ status: 'unknown', why: 'w' });
});
