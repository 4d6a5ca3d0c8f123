/** A host of the lab: what is its own, and its disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProgram } from './lib/daemon.ts';
import {
  cpuSecondsOf,
  findHierarchies,
  killGroup,
  makeGroup,
  makeProcessGroup,
  processesIn,
  removeGroup,
} from './lib/lab/cgroups.ts';
import { createLab } from './lib/lab/lab.ts';
import { waitUntil } from './lib/lab/run.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`lab-host: skipped, ${missing}\n`);
if (!isProgram('faketime')) process.stderr.write('lab-host: without a shifted clock, faketime is not installed\n');

describe.skipIf(missing !== undefined)('a host of the lab', () => {
  let lab: Lab;
  let host: LabHost;
  let other: LabHost;

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', 'w1'], ipv6: false, diskMebibytes: 64 });
    [host, other] = [lab.host('m1'), lab.host('w1')];
  });
  afterAll(() => lab.remove());

  it('has a name, an identity, a /run and a network of its own', async () => {
    expect(await host.exec('hostname')).toBe('m1\n');
    expect(await host.exec('cat', ['/etc/machine-id'])).not.toBe(await other.exec('cat', ['/etc/machine-id']));
    await host.exec('sh', ['-c', 'mkdir -p /etc/kubernetes/manifests && touch /run/only-here']);
    expect(await other.exec('ls', ['/run'])).toBe('');
    expect(existsSync('/run/only-here')).toBe(false);
    expect((await host.exec('ls', ['/sys/class/net'])).trim().split('\n')).toEqual(['eth0', 'lo']);
    expect(await host.exec('getent', ['hosts', 'w1'])).toContain(other.address);
    expect(await host.exec('cat', ['/proc/net/if_inet6']).catch(() => ''), 'a lab without IPv6').toBe('');
    expect(() => host.address6).toThrow('this lab has no IPv6');
    expect(hostname()).not.toBe('m1');
  });

  it('has its processes, and their children, in its cgroup', async () => {
    const script = 'sleep 1000 & echo "child $!"; exec sleep 1000';
    const parent = await host.start('sh', ['-c', script], { readyWhen: /child \d+/ });
    const child = Number(/\d+/.exec(parent.output())?.[0]);
    expect(new Set(parent.usage().pids)).toEqual(new Set([parent.pid, child]));
    expect(new Set(host.processes())).toEqual(new Set([parent.pid, child]));
    expect(other.processes()).toEqual([]);
    for (const pid of [parent.pid, child]) expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(host.cgroup);
    parent.kill('SIGKILL');
    expect(await parent.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(host.processes(), 'a child outlives its parent').toEqual([child]);
    await host.powerOff();
    expect(host.processes()).toEqual([]);
    await host.powerOn();
  });

  it('has a load and a pressure of its own, calm after a boot', async () => {
    expect(await host.exec('cat', ['/proc/loadavg'])).toMatch(/^0\.10 /);
    host.setProc('loadavg', '99.00 99.00 99.00 9/900 1000\n');
    expect(await host.exec('cat', ['/proc/loadavg'])).toMatch(/^99\.00 /);
    host.setProc('loadavg', '9.00 9.00 9.00 9/9 9\n');
    expect(await host.exec('cat', ['/proc/loadavg'])).toBe('9.00 9.00 9.00 9/9 9\n');
    expect(await other.exec('cat', ['/proc/loadavg'])).toMatch(/^0\.10 /);
    expect(await host.exec('cat', ['/proc/pressure/io'])).toMatch(/^some avg10=0\.00 /);
    await host.powerOff();
    await host.powerOn();
    expect(await host.exec('cat', ['/proc/loadavg'])).toMatch(/^0\.10 /);
  });

  it('counts what a process uses', async () => {
    const busy = await host.start('sh', ['-c', 'while :; do :; done']);
    await sleep(500);
    const { cpuSeconds, rssBytes, openFiles } = busy.usage();
    expect(cpuSeconds).toBeGreaterThan(0.05);
    expect(rssBytes).toBeGreaterThan(100_000);
    expect(openFiles).toBeGreaterThan(2);
    expect(await busy.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('says why a process is not ready', async () => {
    const script = 'echo cannot bind; exit 3';
    await expect(host.start('sh', ['-c', script], { readyWhen: /up/ })).rejects.toThrow(
      /^sh ended with 3 before it was ready:\ncannot bind/,
    );
    const late = host.start('sleep', ['100'], { readyWhen: async () => false, timeoutMs: 200 });
    await expect(late).rejects.toThrow('sleep was not ready within 200 ms');
    await expect(host.exec('sh', ['-c', 'echo no >&2; exit 1'])).rejects.toThrow('m1: sh -c echo no >&2; exit 1: no');
    await expect(host.exec('sleep', ['100'], { timeoutMs: 200 })).rejects.toThrow('not done within 200 ms');
    await expect(host.start('no-such-program', [], { readyWhen: /up/ })).rejects.toThrow('not found');
  });

  it.skipIf(!isProgram('faketime'))('shifts the wall clock of one process, not its monotonic one', async () => {
    const script = 'const m = performance.now(); setTimeout(() => console.log(Date.now(), performance.now() - m), 300)';
    const shifted = await host.start(process.execPath, ['-e', script], { clockShiftSeconds: -3600 });
    expect(await shifted.ended).toEqual({ code: 0, signal: null });
    const [wall = 0, elapsed = 0] = shifted.output().split(' ').map(Number);
    expect(Math.abs(Date.now() - 3_600_000 - wall)).toBeLessThan(20_000);
    expect(elapsed).toBeGreaterThan(250);
    expect(elapsed).toBeLessThan(20_000);
  });

  it.skipIf(!isProgram('faketime'))('sets the wall clock of a process that runs', async () => {
    const file = join(host.directory, 'clock');
    writeFileSync(file, '+0');
    const script = 'setInterval(() => console.log(Date.now() - Number(process.hrtime.bigint() / 1000000n)), 100)';
    const running = await host.start(process.execPath, ['-e', script], { clockShiftFile: file, readyWhen: /\d/ });
    const before = Number(/\d+/.exec(running.output())?.[0]);
    writeFileSync(file, '+30');
    const isSet = (): boolean => Number(running.output().trim().split('\n').at(-1)) - before > 29_000;
    expect(await waitUntil(isSet, 10_000)).toBe(true);
    await running.stop();
  });

  it('disk: full, and with room again', async () => {
    const write = (): Promise<string> => host.exec('dd', ['if=/dev/zero', 'of=file', 'bs=64k', 'count=4']);
    expect(statSync(host.directory).dev).not.toBe(statSync(join(host.directory, '..')).dev);
    await write();
    await host.fillDisk();
    await expect(host.exec('dd', ['if=/dev/zero', 'of=more', 'bs=64k', 'count=4'])).rejects.toThrow('No space left');
    await other.exec('dd', ['if=/dev/zero', 'of=file', 'bs=64k', 'count=4']);
    await host.freeDisk();
    await write();
  });

  it('disk: frozen, and going on', async () => {
    await host.freezeDisk();
    const writer = await host.start('sh', ['-c', 'echo there >frozen']);
    await sleep(1000);
    expect(await Promise.race([writer.ended, Promise.resolve('waits')])).toBe('waits');
    await host.thawDisk();
    expect(await writer.ended).toEqual({ code: 0, signal: null });
    expect(readFileSync(join(host.directory, 'frozen'), 'utf8')).toBe('there\n');
    await host.freezeDisk();
    await host.start('sh', ['-c', 'echo never >lost']);
    await host.powerOff();
    await host.powerOn();
    expect(await host.exec('cat', ['frozen']), 'a disk keeps its files').toBe('there\n');
  });

  it('disk: throttled for this host', async () => {
    const write = async (how: string): Promise<number> => {
      const began = performance.now();
      await host.exec('dd', ['if=/dev/zero', 'of=slow', 'bs=64k', 'count=32', how]);
      return Math.round(performance.now() - began);
    };
    const before = await write('conv=fsync');
    await host.throttleDisk(1_048_576);
    const [flushed, direct] = [await write('conv=fsync'), await write('oflag=direct')];
    await host.unthrottleDisk();
    const after = await write('conv=fsync');
    process.stdout.write(
      `2 MiB: ${before} ms; at 1 MiB/s ${flushed} ms flushed, ${direct} ms direct; after ${after} ms\n`,
    );
    expect(Math.min(flushed, direct)).toBeGreaterThan(1500);
    expect(after).toBeLessThan(flushed);
  });
});

/** Where version 2 is the machine's own kind, the tests above use it; elsewhere it is often mounted beside version 1. */
const VERSION_2 = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']
  .map((path) => findHierarchies(path))
  .find((one) => one?.version === 2);

describe.skipIf(missing !== undefined || VERSION_2 === undefined)('cgroups of version 2', () => {
  it('hold processes, count them and end them', async () => {
    const hierarchies = VERSION_2 ?? { version: 2, roots: [], perProcess: [] };
    const path = `meerkat-lab-test-${process.pid}/m1`;
    makeGroup(hierarchies, path);
    const [group = ''] = makeProcessGroup(hierarchies, path, '1-sh');
    expect(existsSync(group)).toBe(true);
    const child = spawn('sh', ['-c', `echo $$ >${group}/cgroup.procs; while :; do :; done`]);
    await sleep(500);
    expect(processesIn(hierarchies, path)).toEqual([child.pid]);
    expect(cpuSecondsOf(hierarchies, `${path}/1-sh`)).toBeGreaterThan(0.05);
    const ended = once(child, 'exit');
    await killGroup(hierarchies, path);
    expect(await ended).toEqual([null, 'SIGKILL']);
    await removeGroup(hierarchies, `meerkat-lab-test-${process.pid}`);
    expect(existsSync(group)).toBe(false);
  });
});
