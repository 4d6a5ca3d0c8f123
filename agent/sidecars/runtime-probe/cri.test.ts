import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createFakeCri } from '../../../test/lib/fake-cri.ts';
import { createCriRuntime } from './cri.ts';
import { ping } from './ping.ts';
import { start } from './start.ts';
import { sweep } from './sweep.ts';

const never = new AbortController().signal;

function setUp() {
  const clock = createFakeClock();
  const cri = createFakeCri(clock);
  const runtime = createCriRuntime({ clock, open: cri.open });
  const cleanedUp: string[] = [];
  const deps = { clock, signal: never, cleanUp: (name: string) => cleanedUp.push(name) };
  return {
    clock,
    cri,
    runtime,
    cleanedUp,
    look: () => ping(runtime, clock, never),
    run: () => start(runtime, { name: 'p1', instance: 'n1' }, deps),
  };
}
const noSuch = (what: string) => new EngineError('error', `${what} not found`, { isNotFound: true });
/** What the kubelet does with a pod that it does not know. */
const takeAway = (cri: ReturnType<typeof createFakeCri>): void => {
  for (const sandbox of cri.sandboxes.values()) sandbox.isReady = false;
};

describe('a ping by CRI', () => {
  it('asks for the version, the state and the list', async () => {
    const { look, cri } = setUp();
    const phases = { ping: 0, list: 0, network: 0 };
    expect(await look()).toEqual({ kind: 'ok', runtime: 'containerd 1.7.24', phases });
    expect(cri.calls).toEqual(['Version', 'Status', 'ListPodSandbox', 'Status']);
    expect(cri.connections).toBe(0);
  });

  it.each([
    ['RuntimeReady', 'ping'],
    ['NetworkReady', 'network'],
  ])('tells that %s is false', async (type, phase) => {
    const { look, cri } = setUp();
    const one = cri.conditions.find((condition) => condition.type === type);
    Object.assign(one ?? {}, { status: false, reason: 'NotReady', message: 'cni plugin not initialized' });
    expect(await look()).toMatchObject({
      kind: 'failed',
      failure: 'error',
      phase,
      message: `it says that ${type} is false: NotReady: cni plugin not initialized`,
    });
    expect(cri.connections).toBe(0);
  });

  it.each(['RuntimeReady', 'NetworkReady'])('cannot tell where the runtime does not say %s', async (type) => {
    const { look, cri } = setUp();
    cri.conditions.splice(
      cri.conditions.findIndex((condition) => condition.type === type),
      1,
    );
    expect(await look()).toMatchObject({ kind: 'unavailable', message: expect.stringContaining(type) });
  });
});

describe('a start by CRI', () => {
  it('runs a container of the pause image in a sandbox, and leaves nothing', async () => {
    const { run, cri, cleanedUp } = setUp();
    const answer = await run();
    expect(answer).toMatchObject({ kind: 'ok' });
    expect(Object.keys('phases' in answer ? answer.phases : {})).toEqual([
      'list',
      'sweep',
      'image',
      'sandbox',
      'create',
      'start',
      'wait',
      'remove',
      'total',
    ]);
    expect([cri.sandboxes.size, cri.connections, cleanedUp.length]).toEqual([0, 0, 0]);
  });

  it.each(['RunPodSandbox', 'CreateContainer', 'StartContainer'])(
    'names the phase in which %s fails',
    async (failing) => {
      const { run, cri, cleanedUp, clock } = setUp();
      cri.before = (method) => {
        if (method === failing) throw new EngineError('error', 'no space left on device');
      };
      const phase = { RunPodSandbox: 'sandbox', CreateContainer: 'create', StartContainer: 'start' }[failing];
      const answer = run();
      await clock.advance(2000);
      expect(await answer).toMatchObject({ kind: 'failed', phase, message: 'no space left on device' });
      expect([cri.connections, cleanedUp]).toEqual([0, ['p1']]);
    },
  );

  it('does not take a container that fails for one that works', async () => {
    const { run, cri, clock } = setUp();
    cri.ending = { state: 'CONTAINER_EXITED', exitCode: 127, reason: 'Error' };
    const message = 'the container ended with exit code 127 instead of 0 (Error)';
    const answer = run();
    await clock.advance(2000);
    expect(await answer).toMatchObject({ kind: 'failed', phase: 'wait', message });
  });

  it('tries again where the kubelet took the sandbox away, three times', async () => {
    const { run, cri } = setUp();
    let taken = 0;
    cri.before = (method) => {
      if (method !== 'CreateContainer' || taken === 2) return;
      taken += 1;
      takeAway(cri);
    };
    expect(await run()).toMatchObject({ kind: 'ok' });
    expect(cri.sandboxes.size).toBe(0);
    cri.before = (method) => {
      if (method !== 'StartContainer') return;
      takeAway(cri);
      throw noSuch('container');
    };
    expect(await run()).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('again and again') });
    expect(cri.sandboxes.size).toBe(3);
  });

  it('waits a moment for the kubelet, which ends the containers before the sandbox', async () => {
    const { run, cri, clock } = setUp();
    cri.ending = { state: 'CONTAINER_EXITED', exitCode: 137, reason: 'Error' };
    const answer = run();
    await clock.advance(1000);
    takeAway(cri);
    await clock.advance(1000);
    expect(await answer).toMatchObject({ kind: 'ok' });
  });

  it.each([
    "runc create failed: unable to start container process: can't get final child's PID from pipe: EOF",
    'failed to create task: open /proc/812/ns/ipc: no such file or directory',
  ])('waits a moment for the kubelet, which ends what is being started: %s', async (message) => {
    const { run, cri, clock } = setUp();
    let isEnded = false;
    cri.before = (method) => {
      if (method !== 'StartContainer' || isEnded) return;
      isEnded = true;
      throw new EngineError('error', message);
    };
    const answer = run();
    await clock.advance(1000);
    takeAway(cri);
    await clock.advance(1000);
    expect(await answer).toMatchObject({ kind: 'ok' });
  });

  it('is content where the kubelet has removed the container that ran', async () => {
    const { run, cri } = setUp();
    cri.before = (method) => {
      if (method === 'ContainerStatus') throw noSuch('container');
    };
    expect(await run()).toMatchObject({ kind: 'ok' });
  });

  it('takes no container that fails by itself for one that the kubelet ended a moment later', async () => {
    const { run, cri, clock } = setUp();
    cri.ending = { state: 'CONTAINER_EXITED', exitCode: 126, reason: 'Error' };
    const answer = run();
    await clock.advance(100);
    takeAway(cri);
    expect(await answer).toMatchObject({ kind: 'failed', phase: 'wait' });
  });

  it('does not blame the runtime for time that the kubelet took', async () => {
    const { run, cri, clock } = setUp();
    let isTaken = false;
    cri.before = (method) => {
      if (method === 'CreateContainer') takeAway(cri);
      isTaken ||= method === 'CreateContainer';
      if (method === 'RunPodSandbox' && isTaken) throw new EngineError('hung', 'RunPodSandbox was not answered');
    };
    const answer = run();
    await clock.advance(2000);
    expect(await answer).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('again and again') });
  });

  it.each([
    ['no space left', ['']],
    ['cgroup: no space left', ['', 'system.slice']],
  ])('has the first words of a runtime that refuses wherever the control groups go: %s', async (words, places) => {
    const { run, cri } = setUp();
    cri.before = (method) => {
      if (method === 'RunPodSandbox') throw new EngineError('error', `${words} (${cri.cgroupParents.length})`);
    };
    expect(await run()).toMatchObject({ kind: 'failed', phase: 'sandbox', message: `${words} (1)` });
    expect(cri.cgroupParents).toEqual(places);
  });

  it('says where its control groups go where the runtime must be told, from then on', async () => {
    const { run, cri } = setUp();
    cri.before = (method) => {
      if (method === 'RunPodSandbox' && cri.cgroupParents.at(-1) === '')
        throw new EngineError('error', 'runc create failed: expected cgroupsPath to be of format "slice:prefix:name"');
    };
    expect([await run(), await run()]).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }]);
    expect(cri.cgroupParents).toEqual(['', 'system.slice', 'system.slice']);
  });

  it('is content where the kubelet takes it away once it runs', async () => {
    const { run, cri } = setUp();
    cri.before = (method) => {
      if (method === 'ContainerStatus') takeAway(cri);
    };
    expect(await run()).toMatchObject({ kind: 'ok' });
  });

  it('is content with a program that does not end', async () => {
    const { run, cri, clock } = setUp();
    cri.ending = { state: 'CONTAINER_RUNNING', exitCode: 0, reason: '' };
    const answer = run();
    await clock.advance(2500);
    expect(await answer).toMatchObject({ kind: 'ok' });
    expect(cri.sandboxes.size).toBe(0);
  });

  it('gives up on one that is created for ever', async () => {
    const { run, cri, clock, cleanedUp } = setUp();
    cri.ending = { state: 'CONTAINER_CREATED', exitCode: 0, reason: '' };
    const answer = run();
    await clock.advance(7000);
    expect(await answer).toMatchObject({ kind: 'failed', failure: 'hung', phase: 'wait' });
    expect([cri.connections, cleanedUp]).toEqual([0, ['p1']]);
  });

  it.each([
    'k8s.gcr.io/pause:3.2',
    'registry.k8s.io/pause@sha256:8d4106c88ec0bd28001e34c975d65175d994072d65341f62a8ab0754b0fafe10',
    'docker.io/rancher/mirrored-pause:3.6',
    '602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/pause:3.5',
    'k8s.gcr.io/pause-amd64:3.1',
  ])('finds the pause image %s', async (image) => {
    const { runtime, cri } = setUp();
    cri.images.splice(0, 9, 'docker.io/library/pauser:1', 'example.org/nopause:1', image);
    expect(await runtime.image(never)).toBe(image);
  });

  it('takes the one that the runtime names', async () => {
    const { runtime, cri } = setUp();
    const image = 'quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:1';
    cri.info = { config: JSON.stringify({ containerd: { snapshotter: 'overlayfs' }, sandboxImage: image }) };
    expect(await runtime.image(never)).toBe(image);
  });

  it('cannot tell without one', async () => {
    const { run, cri, cleanedUp } = setUp();
    cri.images.length = 0;
    expect(await run()).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('no pause image is here'),
    });
    expect([cri.sandboxes.size, cleanedUp]).toEqual([0, []]);
  });
});

it('removes what a probe left, and nothing else', async () => {
  const { cri, clock, runtime } = setUp();
  const add = (name: string, labels: Record<string, string>, ageMs = 0): unknown =>
    cri.sandboxes.set(name, { id: name, name, labels, createdAt: clock.now() - ageMs, isReady: true });
  add('own', { 'io.meerkat.probe': '1', 'io.meerkat.instance': 'n1' });
  add('foreign-old', { 'io.meerkat.probe': '1' }, 61_000);
  add('foreign-new', { 'io.meerkat.probe': '1', 'io.meerkat.instance': 'n2' }, 1000);
  add('pod', {}, 99_000);
  await sweep(runtime, { instance: 'n1', clock, signal: never });
  expect([...cri.sandboxes.keys()]).toEqual(['foreign-new', 'pod']);
});

it('removes also what is gone meanwhile, or goes, and says what stays', async () => {
  const { cri, clock, runtime } = setUp();
  const labels = { 'io.meerkat.probe': '1' };
  cri.sandboxes.set('s1', { id: 's1', name: 's1', labels, createdAt: 0, isReady: true });
  cri.before = (method) => {
    if (method !== 'StopPodSandbox') return;
    cri.sandboxes.clear();
    throw new EngineError('error', 'an error occurred when try to find sandbox "s1": not found');
  };
  await runtime.remove('s1', never);
  cri.sandboxes.set('s2', { id: 's2', name: 's2', labels, createdAt: 0, isReady: true });
  cri.before = (method) => {
    if (method === 'RemovePodSandbox') throw new EngineError('error', 'device or resource busy');
  };
  const removed = runtime.remove('s2', never);
  const refused = expect(removed).rejects.toThrow('device or resource busy');
  await clock.advance(2000);
  await refused;
  expect(cri.calls.filter((call) => call === 'RemovePodSandbox').length).toBeGreaterThan(2);
});
