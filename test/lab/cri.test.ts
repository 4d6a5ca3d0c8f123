/**
 * The checks of the container runtime against a real containerd by CRI, through a real runtime probe. Faults: no network
 * for pods, no image of sandboxes, frozen, killed.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { containerRuntime } from '../../checks/container-runtime.ts';
import { containerStart } from '../../checks/container-start.ts';
import { openCri } from '../../checks/lib/cri/call.ts';
import { createCriEngine } from '../../checks/lib/cri/engine.ts';
import { type Containerd, createContainerd, whyNoContainerd } from './lib/containerd.ts';
import { freeze, openFiles, residentMebibytes } from './lib/daemon.ts';
import { createPort, look, settled, until } from './lib/runtime-probe.ts';

const why = whyNoContainerd();
if (why !== undefined) process.stdout.write(`cri lab tests are skipped: ${why}\n`);

describe.skipIf(why !== undefined)('with a real containerd', () => {
  let containerd: Containerd;

  beforeAll(async () => {
    containerd = createContainerd();
    containerd.setNetwork(true);
    await containerd.start();
    containerd.loadImages();
  });
  afterAll(() => containerd.cleanUp());

  const readingsOf = (outcome: object): object =>
    'readings' in outcome && Array.isArray(outcome.readings)
      ? Object.fromEntries(outcome.readings.map(({ name, value }) => [name, value]))
      : outcome;

  it('is ok, with the latency of each call', async () => {
    const port = createPort(containerd.socketPath);
    await settled(port);
    const { outcome } = await look(containerRuntime, port);
    process.stdout.write(`ping: ${JSON.stringify(readingsOf(outcome))}\n`);
    expect(outcome).toMatchObject({ status: 'ok' });
    expect(Object.keys(readingsOf(outcome))).toEqual(['ping_seconds', 'list_seconds']);
  });

  it('really starts a container in a sandbox, times every phase and leaves nothing', async () => {
    const port = createPort(containerd.socketPath);
    const pid = await settled(port);
    for (let round = 0; round < 3; round += 1) {
      const { outcome, durationMs } = await look(containerStart, port);
      process.stdout.write(`start in ${durationMs.toFixed(0)} ms: ${JSON.stringify(readingsOf(outcome))}\n`);
      expect(outcome).toMatchObject({ status: 'ok' });
      expect(Object.keys(readingsOf(outcome))).toEqual([
        'sandbox_seconds',
        'create_seconds',
        'start_seconds',
        'wait_seconds',
        'remove_seconds',
        'total_seconds',
      ]);
    }
    expect(containerd.containers()).toEqual([]);
    process.stdout.write(`the probe has ${residentMebibytes(pid)} MiB\n`);
  });

  it('says that no pod can be started without a network for them', async () => {
    const port = createPort(containerd.socketPath);
    await settled(port);
    expect((await look(containerRuntime, port)).outcome.status).toBe('ok');
    containerd.setNetwork(false);
    onTestFinished(() => containerd.setNetwork(true));
    await until('the runtime has noticed', async () => {
      const answer = await port.probe('ping', AbortSignal.timeout(5000));
      return answer.kind === 'failed' && answer.phase === 'network';
    });
    expect((await look(containerRuntime, port)).outcome.status).toBe('ok');
    port.aheadMs = 60_000;
    expect((await look(containerRuntime, port)).outcome).toMatchObject({
      problems: [{ reason: 'PodNetworkNotReady', message: expect.stringContaining('cni') }],
    });
    // What runs on the host's network starts all the same.
    expect((await look(containerStart, port)).outcome).toMatchObject({ status: 'ok' });
    containerd.setNetwork(true);
    await until('it is back', async () => (await look(containerRuntime, port)).outcome.status === 'ok');
  });

  it('says which phase fails, in the words of the runtime, and leaves nothing', async () => {
    const port = createPort(containerd.socketPath);
    await settled(port);
    containerd.removeImages();
    onTestFinished(() => containerd.loadImages());
    // Without the image of sandboxes it would have to be pulled, and nobody here answers.
    const { outcome } = await look(containerStart, port);
    process.stdout.write(`no image: ${JSON.stringify(outcome).slice(0, 400)}\n`);
    expect(outcome).toMatchObject({
      problems: [{ reason: 'ContainersCannotStart', message: expect.stringContaining('phase sandbox') }],
    });
    containerd.loadImages();
    await until('containers start', async () => (await look(containerStart, port)).outcome.status === 'ok');
    expect(containerd.containers()).toEqual([]);
  });

  it('names a frozen containerd in time, leaks nothing and recovers', async () => {
    const port = createPort(containerd.socketPath);
    const pid = await settled(port);
    await look(containerStart, port);
    const before = openFiles(pid);
    await freeze(containerd.pid());
    onTestFinished(() => void process.kill(containerd.pid(), 'SIGCONT'));
    for (let round = 0; round < 5; round += 1)
      expect((await look(containerRuntime, port)).outcome).toMatchObject({ problems: [{ reason: 'RuntimeHung' }] });
    expect((await look(containerStart, port)).outcome).toMatchObject({
      problems: [{ reason: 'ContainersCannotStart' }],
    });
    await until('no file stays open', () => openFiles(pid) <= before);
    process.kill(containerd.pid(), 'SIGCONT');
    await until('it is ok again', async () => (await look(containerRuntime, port)).outcome.status === 'ok');
    await until('a container starts again and nothing is left', async () => {
      const { outcome } = await look(containerStart, port);
      return outcome.status === 'ok' && containerd.containers().length === 0;
    });
  });

  it('misses a containerd that was killed, and finds it again', async () => {
    const port = createPort(containerd.socketPath);
    await settled(port);
    await containerd.kill();
    expect((await look(containerRuntime, port)).outcome).toMatchObject({
      problems: [{ reason: 'RuntimeDown', message: expect.stringContaining('nobody listens') }],
    });
    expect((await look(containerStart, port)).outcome).toMatchObject({
      problems: [{ reason: 'ContainersCannotStart' }],
    });
    await containerd.start();
    await until('it is ok', async () => (await look(containerRuntime, port)).outcome.status === 'ok');
    expect((await look(containerStart, port)).outcome).toMatchObject({ status: 'ok' });
  });
});

describe.skipIf(why !== undefined)('with a containerd that leaves the control groups to systemd', () => {
  let containerd: Containerd;

  beforeAll(async () => {
    containerd = createContainerd({ hasSystemd: true });
    containerd.setNetwork(true);
    await containerd.start();
    containerd.loadImages();
  });
  afterAll(() => containerd.cleanUp());

  it('names a slice, as systemd wants it: what fails here is that there is no systemd', async () => {
    const engine = createCriEngine(openCri(containerd.socketPath));
    onTestFinished(() => engine.close());
    const order = { name: 'p', namespace: 'n', uid: 'u', labels: {}, cgroupParent: '', network: 'NODE' as const };
    await expect(engine.runSandbox(order, AbortSignal.timeout(10_000))).rejects.toThrow('slice:prefix:name');
    const port = createPort(containerd.socketPath);
    await settled(port);
    const { outcome } = await look(containerStart, port);
    process.stdout.write(`without systemd: ${JSON.stringify(outcome).slice(0, 400)}\n`);
    expect(outcome).toMatchObject({ problems: [{ message: expect.stringMatching(/phase sandbox: .*systemd|dbus/i) }] });
    expect(outcome).toMatchObject({ problems: [{ message: expect.not.stringContaining('slice:prefix:name') }] });
  });
});
