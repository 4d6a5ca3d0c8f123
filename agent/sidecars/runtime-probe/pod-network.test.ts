import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createFakeCri } from '../../../test/lib/fake-cri.ts';
import { createCriRuntime } from './cri.ts';
import type { KnockAt } from '../knock.ts';
import { type AskPod, tryPodNetwork } from './pod-network.ts';
import type { PodNetwork } from './runtime.ts';
import { start } from './start.ts';

const never = new AbortController().signal;
const answers: KnockAt = async () => undefined;

function setUp(knockAt: KnockAt = answers, askPod?: AskPod) {
  const clock = createFakeClock();
  const cri = createFakeCri(clock);
  const runtime = createCriRuntime({ clock, open: cri.open });
  const cleanedUp: string[] = [];
  const cleanUp = (name: string): void => void cleanedUp.push(name);
  return {
    clock,
    cri,
    runtime,
    cleanedUp,
    run: () =>
      tryPodNetwork(
        runtime,
        { name: 'p1', instance: 'n1' },
        { clock, signal: never, knockAt, cleanUp, ...(askPod !== undefined && { askPod }) },
      ),
  };
}

/** Lets the time pass that the work waits for. */
async function finished<T>(work: Promise<T>, clock: ReturnType<typeof createFakeClock>): Promise<T> {
  const state = { isOver: false };
  void work.finally(() => (state.isOver = true));
  for (let steps = 0; steps < 200 && !state.isOver; steps += 1) await clock.advance(100);
  return work;
}

it('connects a sandbox, asks at each of its addresses and leaves nothing', async () => {
  const asked: string[] = [];
  const { run, cri, cleanedUp } = setUp(async (address) => void asked.push(address));
  cri.addresses = ['10.1.0.7', 'fd00::7'];
  const phases = { list: 0, sweep: 0, sandbox: 0, answer: 0, remove: 0, total: 0 };
  expect(await run()).toEqual({ kind: 'ok', runtime: 'Container runtime', phases });
  expect(asked).toEqual(['10.1.0.7', 'fd00::7']);
  expect(cri.networks).toEqual(['POD']);
  expect(cri.calls).not.toContain('CreateContainer');
  expect([cri.sandboxes.size, cri.connections, cleanedUp]).toEqual([0, 0, []]);
});

it('has the words of the plug-in', async () => {
  const { run, cri, cleanedUp } = setUp();
  cri.before = (method) => {
    if (method === 'RunPodSandbox') throw new EngineError('error', 'plugin type="bridge" failed (add): no addresses');
  };
  expect(await run()).toMatchObject({ kind: 'failed', phase: 'sandbox', message: expect.stringContaining('bridge') });
  expect(cleanedUp).toEqual(['p1']);
});

it('tells of a sandbox without an address', async () => {
  const { run, cri } = setUp();
  cri.addresses = [];
  expect(await run()).toMatchObject({ kind: 'failed', phase: 'sandbox', message: 'the new sandbox has no address' });
});

it('waits for an address that answers late, and tells of one that does not', async () => {
  let left = 4;
  const late = setUp(async () => ((left -= 1) < 0 ? undefined : 'EHOSTUNREACH'));
  expect(await finished(late.run(), late.clock)).toMatchObject({ kind: 'ok', phases: { answer: 400 } });
  const silent = setUp(async (address) => (address === 'fd00::7' ? 'EHOSTUNREACH' : undefined));
  silent.cri.addresses = ['10.1.0.7', 'fd00::7'];
  expect(await finished(silent.run(), silent.clock)).toMatchObject({
    kind: 'failed',
    failure: 'error',
    phase: 'answer',
    message: 'its new address fd00::7 does not answer the node for 2.0 s (EHOSTUNREACH)',
  });
  expect(silent.cleanedUp).toEqual(['p1']);
});

describe('has a pod asked how it sees it', () => {
  it.each(['answered', 'silent', undefined] as const)('while it is there: %s', async (seen) => {
    const asked: unknown[] = [];
    const { run, cri } = setUp(answers, async (addresses) => {
      asked.push([addresses, cri.sandboxes.size]);
      return seen;
    });
    cri.addresses = ['10.1.0.7', 'fd00::7'];
    const answer = await run();
    expect(answer.kind === 'ok' && answer.fromPod).toBe(seen);
    expect(asked).toEqual([[['10.1.0.7', 'fd00::7'], 1]]);
    expect(cri.sandboxes.size).toBe(0);
  });

  it.each(['answered', 'silent', undefined] as const)('where the node is not answered: %s', async (seen) => {
    const asked: unknown[] = [];
    const { run, cri, clock, cleanedUp } = setUp(
      async (address) => (address === 'fd00::7' ? 'EHOSTUNREACH' : undefined),
      async (addresses) => {
        asked.push(addresses);
        return seen;
      },
    );
    cri.addresses = ['10.1.0.7', 'fd00::7'];
    const answer = await finished(run(), clock);
    expect(answer).toMatchObject({ kind: 'failed', phase: 'answer', message: expect.stringContaining('for 2.0 s') });
    expect(answer.kind === 'failed' && answer.fromPod).toBe(seen);
    // Only of the one that is silent.
    expect(asked).toEqual([['fd00::7']]);
    expect(cleanedUp).toEqual(['p1']);
  });

  it('and does not believe its silence where the sandbox was taken away meanwhile', async () => {
    const { run, cri } = setUp(answers, async () => {
      for (const sandbox of cri.sandboxes.values()) sandbox.isReady = false;
      return 'silent';
    });
    const answer = await run();
    expect(answer).toMatchObject({ kind: 'ok' });
    expect(answer).not.toHaveProperty('fromPod');
  });

  it('no longer than a moment, and not where the node itself was answered late', async () => {
    const asked: string[] = [];
    const askPod: AskPod = (addresses, signal) => {
      asked.push(...addresses);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
    };
    const hanging = setUp(answers, askPod);
    const began = hanging.clock.monotonic();
    expect(await finished(hanging.run(), hanging.clock)).toMatchObject({ kind: 'ok' });
    expect(hanging.clock.monotonic() - began).toBeLessThanOrEqual(1500);
    expect(asked.splice(0)).toHaveLength(1);
    const { clock, runtime } = setUp();
    const network = runtime.podNetwork ?? expect.fail('CRI knows pods');
    const slow: PodNetwork = {
      ...network,
      async attach(...order) {
        await clock.sleep(4000, never);
        return network.attach(...order);
      },
    };
    const deps = { clock, signal: never, knockAt: answers, cleanUp: () => {}, askPod };
    const late = tryPodNetwork({ ...runtime, podNetwork: slow }, { name: 'p1', instance: 'n1' }, deps);
    expect(await finished(late, clock)).toMatchObject({ kind: 'ok' });
    expect(asked).toEqual([]);
  });
});

it('begins again where the sandbox was taken away, and says nothing of a network that it could not try', async () => {
  let rounds = 0;
  const { run, clock, cri } = setUp(async () => {
    if (rounds === 0) for (const sandbox of cri.sandboxes.values()) sandbox.isReady = false;
    return rounds === 0 ? 'no answer' : undefined;
  });
  const isThere = cri.before;
  cri.before = (method) => {
    isThere(method);
    if (method === 'PodSandboxStatus' && [...cri.sandboxes.values()].some(({ isReady }) => !isReady)) rounds = 1;
  };
  expect(await finished(run(), clock)).toMatchObject({ kind: 'ok' });
  expect(cri.calls.filter((call) => call === 'RunPodSandbox')).toHaveLength(2);
  expect(cri.sandboxes.size).toBe(0);
});

it('tells of an address that is silent also where the kubelet takes each sandbox away', async () => {
  const { run, clock, cri } = setUp(async () => {
    await clock.sleep(450, never);
    return 'no answer';
  });
  cri.before = (method) => {
    if (method !== 'PodSandboxStatus') return;
    for (const sandbox of cri.sandboxes.values()) if (clock.now() - sandbox.createdAt > 1500) sandbox.isReady = false;
  };
  expect(await finished(run(), clock)).toMatchObject({ kind: 'failed', failure: 'error', phase: 'answer' });
  expect(cri.calls.filter((call) => call === 'RunPodSandbox').length).toBeGreaterThan(1);
});

it('does not judge where a sandbox is taken away again and again', async () => {
  const { run, clock, cri } = setUp(async () => {
    cri.sandboxes.clear();
    return 'no answer';
  });
  expect(await finished(run(), clock)).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('again and again'),
  });
});

it('tells the sandbox of a start from its own', async () => {
  const { run, cri, runtime, clock } = setUp();
  const starting = createFakeCri(clock);
  let other: Promise<unknown> = Promise.resolve();
  cri.before = (method) => {
    if (method !== 'CreateContainer') return;
    cri.before = () => {};
    other = run();
  };
  const deps = { clock, signal: never, cleanUp: () => {} };
  expect(await start(runtime, { name: 'p0', instance: 'n1' }, deps)).toMatchObject({ kind: 'ok' });
  expect(await other).toMatchObject({ kind: 'ok' });
  expect([cri.sandboxes.size, starting.sandboxes.size]).toEqual([0, 0]);
});

it('finds nothing to try in what knows no pods', async () => {
  const { clock, runtime } = setUp();
  const { podNetwork, ...docker } = runtime;
  expect(podNetwork).toBeDefined();
  const order = { name: 'p1', instance: 'n1' };
  expect(await tryPodNetwork(docker, order, { clock, signal: never, knockAt: answers, cleanUp: () => {} })).toEqual({
    kind: 'unsupported',
    message: 'what this runtime speaks makes containers and no pods',
  });
});
