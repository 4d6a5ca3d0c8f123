import { describe, expect, it } from 'vitest';
import { containerRuntime } from './container-runtime.ts';
import { fakeHostFiles, testClock, testContext } from './lib/testing.ts';
import type { Outcome, RuntimeProbeAnswer } from './types.ts';

const look = (answer: RuntimeProbeAnswer): Promise<Outcome> =>
  containerRuntime.run(testContext(containerRuntime, { runtime: { probe: async () => answer } }));

const failed = { kind: 'failed', runtime: 'Docker 27.3.1', phase: 'list', message: 'm', phases: { ping: 2 } } as const;

it('asks for a ping with the signal of the run', async () => {
  const asked: unknown[] = [];
  const probe = async (...args: unknown[]): Promise<RuntimeProbeAnswer> => {
    asked.push(...args);
    return { kind: 'none', message: '' };
  };
  const context = testContext(containerRuntime, { runtime: { probe } });
  await containerRuntime.run(context);
  expect(asked).toEqual(['ping', context.signal]);
});

it('is ok with the durations in seconds', async () => {
  expect(await look({ kind: 'ok', runtime: 'Docker 27.3.1', phases: { ping: 2, list: 5, other: 1 } })).toEqual({
    status: 'ok',
    readings: [
      { name: 'ping_seconds', value: 0.002 },
      { name: 'list_seconds', value: 0.005 },
    ],
  });
});

it('names a runtime that hangs, with what it did answer', async () => {
  expect(await look({ ...failed, failure: 'hung', message: 'GET /containers/json was not answered' })).toEqual({
    status: 'problem',
    problems: [{ reason: 'RuntimeHung', message: 'Docker 27.3.1: GET /containers/json was not answered.' }],
    readings: [{ name: 'ping_seconds', value: 0.002 }],
  });
});

it('names a runtime that answers with an error', async () => {
  expect(await look({ ...failed, failure: 'error' })).toMatchObject({ problems: [{ reason: 'RuntimeError' }] });
});

it('leaves it to the runner whether a socket that nobody serves matters', async () => {
  expect(await look({ ...failed, failure: 'refused' })).toEqual({ status: 'absent', why: 'm' });
  expect(containerRuntime.presence?.reason).toBe('RuntimeDown');
});

it('misses a runtime whose socket is configured', async () => {
  const answer = { ...failed, failure: 'refused', configured: true } as const;
  expect(await look(answer)).toMatchObject({ problems: [{ reason: 'RuntimeDown', message: 'Docker 27.3.1: m.' }] });
});

it('is absent where there is no runtime and unknown where nobody could look', async () => {
  expect(await look({ kind: 'none', message: 'no socket' })).toEqual({ status: 'absent', why: 'no socket' });
  expect(await look({ kind: 'unavailable', message: 'not permitted' })).toMatchObject({
    status: 'unknown',
    why: 'not permitted',
  });
});

describe('a runtime without a network for pods', () => {
  const network = { ...failed, failure: 'error', phase: 'network', phases: { ping: 2, list: 3 } } as const;
  const JOINED = { '/etc/kubernetes/kubelet.conf': 'kind: Config' };
  const setUp = (files: Record<string, string> = JOINED, node = {}) => {
    const clock = testClock();
    let answer: RuntimeProbeAnswer = network;
    const context = testContext(containerRuntime, {
      clock,
      host: fakeHostFiles(files),
      node: { name: 'node-1', arch: 'amd64', cpus: 4, ...node },
      runtime: { probe: async () => answer },
    });
    return { clock, become: (next: RuntimeProbeAnswer) => (answer = next), look: () => containerRuntime.run(context) };
  };

  it.each([
    [JOINED, {}],
    [{}, { apiServiceAddress: '10.96.0.1' }],
  ])('is unknown for two minutes on a node that never had one: %j, %j', async (files, node) => {
    const { clock, look: lookAgain } = setUp(files, node);
    expect(await lookAgain()).toMatchObject({ status: 'unknown', why: expect.stringContaining('still be starting') });
    clock.advance(119_000);
    expect(await lookAgain()).toMatchObject({ status: 'unknown' });
    clock.advance(1000);
    expect(await lookAgain()).toMatchObject({
      problems: [{ reason: 'PodNetworkNotReady', message: 'Docker 27.3.1: m.' }],
    });
  });

  it('is a problem after a minute where it had one: an update takes it away for a moment', async () => {
    const { clock, become, look: lookAgain } = setUp();
    become({ kind: 'ok', runtime: 'Docker 27.3.1', phases: {} });
    expect(await lookAgain()).toMatchObject({ status: 'ok' });
    become(network);
    expect(await lookAgain()).toMatchObject({ status: 'ok' });
    clock.advance(60_000);
    expect(await lookAgain()).toMatchObject({ problems: [{ reason: 'PodNetworkNotReady' }] });
    become({ ...network, failure: 'hung' });
    expect(await lookAgain()).toMatchObject({ problems: [{ reason: 'RuntimeHung' }] });
  });

  it('is fine on a host whose kubelet belongs to no cluster, or that has none', async () => {
    const { clock, look: lookAgain } = setUp({ '/var/lib/kubelet/config.yaml': 'staticPodPath: /etc/kubernetes' });
    expect(await lookAgain()).toMatchObject({ status: 'ok' });
    clock.advance(300_000);
    expect(await lookAgain()).toMatchObject({ status: 'ok' });
  });
});
