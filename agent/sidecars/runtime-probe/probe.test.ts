import { expect, it } from 'vitest';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { probeImage } from '../../../checks/lib/probe-image.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createFakeEngine } from '../../../test/lib/fake-engine.ts';
import { createDockerRuntime } from './docker.ts';
import { createProbe, type ProbeDeps, type ProbeOptions } from './probe.ts';

function setUp(options: Partial<ProbeOptions> = {}, deps: Partial<ProbeDeps> = {}) {
  const clock = createFakeClock();
  const engine = createFakeEngine(clock);
  const paths = new Set(['/run/docker.sock']);
  const sockets: string[] = [];
  let count = 0;
  const probe = createProbe(
    { instance: 'n1', ...options },
    {
      clock,
      exists: async (path) => paths.has(path),
      kubeletSocket: async () => undefined,
      createRuntime: async (kind, socketPath) => {
        sockets.push(`${kind} ${socketPath}`);
        return createDockerRuntime({ ...engine, socketPath }, probeImage('x64'));
      },
      knockAt: async () => undefined,
      randomId: () => String((count += 1)),
      ...deps,
    },
  );
  return { clock, engine, paths, sockets, probe };
}

it('shares one run among all who ask at the same time', async () => {
  const { probe, engine } = setUp();
  const [first, second] = await Promise.all([probe.run('start'), probe.run('start')]);
  expect(first).toBe(second);
  await probe.run('start');
  expect(engine.calls.filter((call) => call.startsWith('create'))).toEqual([
    'createContainer meerkat-probe-1',
    'createContainer meerkat-probe-2',
  ]);
});

it('says that there is no runtime, and drives one by what it speaks', async () => {
  const { probe, paths, sockets } = setUp();
  paths.clear();
  expect(await probe.run('ping')).toMatchObject({ kind: 'none' });
  paths.add('/run/containerd/containerd.sock');
  expect(await probe.run('start')).toMatchObject({ kind: 'ok' });
  expect(sockets).toEqual(['cri /run/containerd/containerd.sock']);
});

it('asks the runtime that the kubelet uses, also beside a Docker Engine', async () => {
  const kubeletSocket = async (): Promise<string> => '/run/containerd/containerd.sock';
  const { probe, sockets, engine, paths } = setUp({ hostRoot: '/host' }, { kubeletSocket });
  const unmounted = {
    kind: 'unavailable',
    message: expect.stringContaining('/host/run/containerd, where the runtime’s socket belongs, is not here'),
  };
  expect(await probe.run('ping')).toEqual(unmounted);
  paths.add('/host/run/containerd');
  engine.behaviour.ping = new EngineError('refused', 'nobody');
  expect(await probe.run('ping')).toMatchObject({ failure: 'refused', configured: true });
  expect(sockets).toEqual(['cri /host/run/containerd/containerd.sock']);
});

it('does not take the containerd of a Docker that it knew for another runtime', async () => {
  const { probe, paths } = setUp();
  await probe.run('ping');
  paths.clear();
  paths.add('/run/containerd/containerd.sock');
  expect(await probe.run('ping')).toMatchObject({ kind: 'none' });
});

it('searches below the host’s root and takes a configured socket as it is', async () => {
  const found = setUp({ hostRoot: '/host' });
  found.paths.add('/host/run/docker.sock');
  await found.probe.run('ping');
  expect(found.sockets).toEqual(['docker /host/run/docker.sock']);
  const configured = setUp({ hostRoot: '/host', runtimeSocket: '/d/docker.sock' });
  await configured.probe.run('ping');
  expect(configured.sockets).toEqual(['docker /d/docker.sock']);
});

it.each([
  { runtimeSocket: '/d/docker.sock', configured: true },
  { runtimeSocket: undefined, configured: false },
])('says whether the socket that failed is configured: $configured', async ({ runtimeSocket, configured }) => {
  const { probe, engine } = setUp({ runtimeSocket });
  engine.behaviour.ping = new EngineError('refused', 'nobody');
  const answer = await probe.run('ping');
  expect(answer).toMatchObject({ kind: 'failed', failure: 'refused' });
  expect('configured' in answer).toBe(configured);
});

it('has no program for some architectures', async () => {
  const engine = createFakeEngine(createFakeClock());
  const { probe } = setUp({}, { createRuntime: async () => createDockerRuntime(engine, undefined) });
  expect(await probe.run('start')).toEqual({
    kind: 'unavailable',
    message: 'no probe program for this architecture',
  });
  expect(engine.calls).toEqual(['probeContainers']);
});

it('says so when it may not look for the socket', async () => {
  const { probe } = setUp({}, { exists: () => Promise.reject(new Error('EACCES')) });
  expect(await probe.run('ping')).toEqual({ kind: 'unavailable', message: 'EACCES' });
});

it('removes the container of a failed run in the background, within bounds', async () => {
  const { probe, engine, clock } = setUp();
  engine.behaviour.startContainer = new EngineError('error', 'no');
  engine.behaviour.removeContainer = 'hang';
  expect(await probe.run('start')).toMatchObject({ phase: 'start' });
  expect(clock.pendingTimers()).toBe(1);
  await clock.advance(10_000);
  expect(clock.pendingTimers()).toBe(0);
});

it('sweeps at its start, and not while a container of its own lives', async () => {
  const { probe, engine, clock } = setUp();
  engine.containers.set('old', { id: 'old', instance: 'n1', createdAt: 0 });
  await probe.sweep();
  expect(engine.containers.size).toBe(0);
  engine.behaviour.waitForContainer = 'hang';
  const run = probe.run('start');
  await clock.advance(0);
  await probe.sweep();
  expect([...engine.containers.keys()]).toEqual(['meerkat-probe-1']);
  await clock.advance(7000);
  await run;
});

it('gives up a sweep when a container is about to start', async () => {
  const { probe, engine } = setUp();
  engine.behaviour.probeContainers = 'hang';
  const sweep = probe.sweep();
  await Promise.resolve();
  delete engine.behaviour.probeContainers;
  expect(await probe.run('start')).toMatchObject({ kind: 'ok' });
  await sweep;
});

it('stops only when its container is gone', async () => {
  const { probe, engine, clock } = setUp();
  engine.behaviour.waitForContainer = 'hang';
  const run = probe.run('start');
  await clock.advance(0);
  expect(engine.containers.size).toBe(1);
  await probe.stop();
  expect(await run).toMatchObject({ kind: 'unavailable' });
  expect(engine.containers.size).toBe(0);
});

it('stops although the engine hangs', async () => {
  const { probe, engine, clock } = setUp();
  engine.behaviour.waitForContainer = 'hang';
  engine.behaviour.removeContainer = 'hang';
  void probe.run('start');
  await clock.advance(0);
  let stopped = false;
  const stop = probe.stop().then(() => (stopped = true));
  await clock.advance(1900);
  expect(stopped).toBe(false);
  await clock.advance(100);
  await stop;
  expect(stopped).toBe(true);
});
