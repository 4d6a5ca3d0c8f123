/**
 * The checks of the container runtime against a real dockerd, through a real runtime probe. Faults: killed, frozen, its
 * containerd frozen, the probe killed half-way, the agent killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createDockerRuntime } from '../../agent/sidecars/runtime-probe/docker.ts';
import { start } from '../../agent/sidecars/runtime-probe/start.ts';
import { containerRuntime } from '../../checks/container-runtime.ts';
import { containerStart } from '../../checks/container-start.ts';
import { createDockerEngine } from '../../checks/lib/docker-engine.ts';
import { exitZeroExecutable } from '../../checks/lib/elf.ts';
import { type ProbeImage, probeImage } from '../../checks/lib/probe-image.ts';
import type { Outcome } from '../../checks/types.ts';
import { watchWaiting } from '../lib/waiting.ts';
import { freeze, isAlive, isProgram, openFiles } from './lib/daemon.ts';
import { createDockerd, type Dockerd, whyNoDockerd } from './lib/dockerd.ts';
import { createPort, look, settled, until } from './lib/runtime-probe.ts';

const why = whyNoDockerd();
if (why !== undefined) process.stdout.write(`container-runtime lab tests are skipped: ${why}\n`);

/** What the probe has left for its answer once it has given up on a runtime; where it did not get that, nobody can tell. */
const PROBE_MARGIN_MS = 800;
const LATE_PROBE: Outcome = { status: 'unknown', why: 'the runtime probe did not answer in time' };

describe.skipIf(why !== undefined)('with a real dockerd', () => {
  let dockerd: Dockerd;

  beforeAll(async () => {
    dockerd = createDockerd();
    await dockerd.start();
  });
  afterAll(() => dockerd.cleanUp());

  it('is ok with the latency of both calls', async () => {
    const port = createPort(dockerd.socketPath);
    await settled(port);
    const { outcome } = await look(containerRuntime, port);
    expect(outcome).toEqual({
      status: 'ok',
      readings: [
        { name: 'ping_seconds', value: expect.any(Number) },
        { name: 'list_seconds', value: expect.any(Number) },
      ],
    });
  });

  it('really starts a container, times every phase and leaves nothing but the image', async () => {
    const port = createPort(dockerd.socketPath);
    await settled(port);
    const { outcome } = await look(containerStart, port);
    process.stdout.write(`start: ${JSON.stringify('readings' in outcome ? outcome.readings : outcome)}\n`);
    expect(outcome).toMatchObject({ status: 'ok' });
    expect('readings' in outcome && outcome.readings?.map(({ name }) => name)).toEqual([
      'create_seconds',
      'start_seconds',
      'wait_seconds',
      'remove_seconds',
      'total_seconds',
    ]);
    expect(await dockerd.probeContainers()).toEqual([]);
  });

  it('lets two agents of one host start containers at the same time', async () => {
    const ports = [createPort(dockerd.socketPath, 'a'), createPort(dockerd.socketPath, 'b')];
    for (const port of ports) await settled(port);
    for (let round = 0; round < 3; round += 1) {
      const runs = await Promise.all(ports.map((port) => look(containerStart, port)));
      expect(runs.map(({ outcome }) => outcome.status)).toEqual(['ok', 'ok']);
    }
  });

  it('has the engine’s words when a program is for another machine', async () => {
    const other = probeImage(process.arch === 'x64' ? 'arm64' : 'x64') as ProbeImage;
    const cleanedUp: string[] = [];
    const engine = createDockerEngine(dockerd.socketPath);
    const { signal } = new AbortController();
    const answer = await start(
      createDockerRuntime(engine, other),
      { name: 'meerkat-probe-other', instance: 'other' },
      { clock: systemClock, signal, cleanUp: (name) => cleanedUp.push(name) },
    );
    expect(answer).toMatchObject({ kind: 'failed', failure: 'error' });
    expect('message' in answer && answer.message).toMatch(/exec format error|exit code/);
    for (const name of cleanedUp) await engine.removeContainer(name, signal);
    expect(await dockerd.probeContainers()).toEqual([]);
  });

  it('does not call a runtime broken that speaks another protocol', async () => {
    const link = join(dockerd.directory, 'other.sock');
    symlinkSync(join(dockerd.directory, 'exec/containerd/containerd.sock'), link);
    const port = createPort(link);
    await until('the probe runs', async () => {
      const { outcome } = await look(containerRuntime, port);
      return 'why' in outcome && outcome.why.includes('does not speak the Docker Engine API');
    });
  });

  it('names a frozen dockerd in time, leaks nothing and recovers', async () => {
    const port = createPort(dockerd.socketPath);
    const pid = await settled(port);
    await look(containerStart, port);
    const before = { probe: openFiles(pid), agent: openFiles(process.pid) };
    await freeze(dockerd.pid());
    onTestFinished(() => void process.kill(dockerd.pid(), 'SIGCONT'));
    const waitedMs = watchWaiting(() => [process.pid, pid]);
    const looks: Awaited<ReturnType<typeof look>>[] = [];
    while (looks.length < 10) looks.push(await look(containerRuntime, port));
    const slowestMs = Math.max(...looks.map(({ durationMs }) => durationMs));
    const late = looks.filter(({ outcome }) => isDeepStrictEqual(outcome, LATE_PROBE)).length;
    const waited = waitedMs();
    process.stdout.write(
      `frozen: RuntimeHung after at most ${slowestMs.toFixed(0)} ms; ${late} of 10 not in time, waited for a processor for ${waited.toFixed(0)} ms\n`,
    );
    expect(late * PROBE_MARGIN_MS).toBeLessThanOrEqual(waited);
    expect(late).toBeLessThan(10);
    for (const { outcome } of looks)
      if (!isDeepStrictEqual(outcome, LATE_PROBE))
        expect(outcome).toMatchObject({ status: 'problem', problems: [{ reason: 'RuntimeHung' }] });
    expect(slowestMs).toBeLessThan(containerRuntime.timeoutMs + 250 + waited);
    const started = await look(containerStart, port);
    expect(started.outcome).toMatchObject({ problems: [{ reason: 'ContainersCannotStart' }] });
    await until('no file stays open', async () => openFiles(pid) <= before.probe);
    await until('none here either', async () => openFiles(process.pid) <= before.agent);

    process.kill(dockerd.pid(), 'SIGCONT');
    await until('dockerd is ok again', async () => (await look(containerRuntime, port)).outcome.status === 'ok');
    // What dockerd was asked to make while it was frozen it makes when it wakes up; the next runs sweep it.
    await until('a container starts again and nothing is left', async () => {
      const { outcome } = await look(containerStart, port);
      return outcome.status === 'ok' && (await dockerd.probeContainers()).length === 0;
    });
    await until('no file stays open', async () => openFiles(pid) <= before.probe);
  });

  it('tells a runtime that lives and cannot start from one that is dead', async () => {
    const port = createPort(dockerd.socketPath);
    await settled(port);
    const containerd = dockerd.containerdPid();
    await freeze(containerd);
    onTestFinished(() => void process.kill(containerd, 'SIGCONT'));
    const [alive, started] = [await look(containerRuntime, port), await look(containerStart, port)];
    expect(alive.outcome.status).toBe('ok');
    expect(started.outcome).toMatchObject({
      problems: [{ reason: 'ContainersCannotStart', message: expect.stringContaining('phase start') }],
    });
    expect(started.durationMs).toBeLessThan(containerStart.timeoutMs + 250);
    process.kill(containerd, 'SIGCONT');
    await until('nothing is left', async () => (await dockerd.probeContainers()).length === 0);
    expect((await look(containerStart, port)).outcome.status).toBe('ok');
  });

  it('comes back after the probe was killed, and removes what it left', async () => {
    const port = createPort(dockerd.socketPath);
    const pid = await settled(port);
    const containerd = dockerd.containerdPid();
    await freeze(containerd);
    onTestFinished(() => void process.kill(containerd, 'SIGCONT'));
    const halfWay = look(containerStart, port);
    await until('a container was created', async () => (await dockerd.probeContainers()).length === 1);
    process.kill(pid, 'SIGKILL');
    expect((await halfWay).outcome.status).toBe('unknown');
    process.kill(containerd, 'SIGCONT');
    expect((await dockerd.probeContainers()).length).toBe(1);
    await until('the probe is back', async () => (await look(containerStart, port)).outcome.status === 'ok', 40_000);
    expect(await dockerd.probeContainers()).toEqual([]);
    expect(isAlive(pid)).toBe(false);
  });

  it('replaces a probe that does not answer any more', async () => {
    const port = createPort(dockerd.socketPath);
    const pid = await settled(port);
    await freeze(pid);
    for (let round = 0; round < 3; round += 1) {
      expect((await look(containerRuntime, port)).outcome.status).toBe('unknown');
    }
    await until('the probe is replaced', async () => (await look(containerRuntime, port)).outcome.status === 'ok');
    expect(isAlive(pid)).toBe(false);
  });

  it('misses a dockerd that was killed, and finds it again', async () => {
    const port = createPort(dockerd.socketPath);
    await settled(port);
    await dockerd.kill();
    expect((await look(containerRuntime, port)).outcome).toMatchObject({
      problems: [{ reason: 'RuntimeDown', message: expect.stringContaining('nobody listens') }],
    });
    expect((await look(containerStart, port)).outcome).toMatchObject({
      problems: [{ reason: 'ContainersCannotStart' }],
    });
    await dockerd.start();
    expect((await look(containerRuntime, port)).outcome.status).toBe('ok');
    expect((await look(containerStart, port)).outcome.status).toBe('ok');
  });

  it.each([
    { what: 'stops', mode: 'close' },
    { what: 'ends without stopping', mode: 'fall-off-the-end' },
    { what: 'is killed', mode: 'stay' },
  ])('ends the probe when the agent $what', async ({ mode }) => {
    const script = resolve(import.meta.dirname, '../lib/scripts/runtime-parent.ts');
    const agent = spawn(process.execPath, [script, dockerd.socketPath, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void agent.kill('SIGKILL'));
    const ended = new Promise((done) => agent.once('exit', done));
    const line = await new Promise<string>((done) => {
      agent.stdout.once('data', (data: Buffer) => done(data.toString()));
      agent.stdout.once('end', () => done('{}'));
    });
    const { answer, pid, directory } = JSON.parse(line) as { answer: string; pid: number; directory: string };
    expect(answer).toBe('ok');
    if (mode === 'stay') {
      expect(isAlive(pid)).toBe(true);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      agent.kill('SIGKILL');
    }
    await ended;
    await until('the probe is gone', () => !isAlive(pid));
    await until('its directory is gone', () => !existsSync(directory));
  });
});

describe('the probe program', () => {
  const qemu = 'qemu-aarch64-static';
  const machines = [
    { arch: 'x64', runner: process.arch === 'x64' ? [] : undefined },
    { arch: 'arm64', runner: process.arch === 'arm64' ? [] : isProgram(qemu) ? [qemu] : undefined },
  ] as const;
  for (const { arch, runner } of machines) {
    it.skipIf(runner === undefined)(`ends with exit code 0 on ${arch}`, () => {
      const directory = mkdtempSync(join(tmpdir(), 'meerkat-test-'));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      const file = join(directory, 'probe');
      writeFileSync(file, exitZeroExecutable(arch), { mode: 0o755 });
      const [program, ...args] = [...(runner ?? []), file];
      expect(spawnSync(program, args)).toMatchObject({ status: 0, signal: null });
      expect(existsSync(file)).toBe(true);
    });
  }
});
