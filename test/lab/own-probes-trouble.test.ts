/** Programs of probes where the agent is in trouble: on a file system that does not answer, and without an init. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = resolve(import.meta.dirname, 'lib/scripts/program-on-dead-disk.ts');
/** In a mount namespace of its own, which is gone with the process: nobody serves this file system. */
const ON_DEAD_DISK = `
exec 3<>/dev/fuse &&
mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead "$1" &&
exec "$2" "$3" "$1/program"`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-dead-disk-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
  const mountPoint = mkdtempSync(join(tmpdir(), 'meerkat-dead-disk-'));
  const { status, stderr } = onDeadDisk(mountPoint, '/bin/echo', 'mounted');
  rmSync(mountPoint, { recursive: true });
  return status === 0 ? undefined : `a file system cannot be mounted here: ${stderr.trim()}`;
}

const onDeadDisk = (mountPoint: string, ...program: readonly [string, string]) =>
  spawnSync('unshare', ['--mount', 'sh', '-c', ON_DEAD_DISK, 'sh', mountPoint, ...program], {
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });

const missing = whatIsMissing();
if (missing !== undefined) process.stderr.write(`own-probes-trouble: skipped, ${missing}\n`);

describe.skipIf(missing !== undefined)('a program on a disk that does not answer', () => {
  it('is unknown, and holds nothing up', () => {
    const mountPoint = join(directory, 'mnt');
    mkdirSync(mountPoint);
    const { status, stdout, stderr } = onDeadDisk(mountPoint, process.execPath, SCRIPT);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { before, dead, again, longestMs } = JSON.parse(stdout) as Record<string, unknown> & { longestMs: number };
    process.stderr.write(`the process stood still for ${Math.round(longestMs)} ms at most\n`);
    expect(before).toMatchObject({ kind: 'ended', exitCode: 0 });
    const why = `nothing is heard of the disk with ${mountPoint}/program`;
    expect(dead).toMatchObject({ kind: 'failure', why });
    expect(again).toMatchObject({ kind: 'failure', why });
    expect(longestMs).toBeLessThan(1000);
  });
});

/** A PID namespace as that of a container. */
const asProcess1 = (...program: readonly string[]) =>
  spawnSync('unshare', ['--pid', '--fork', '--mount-proc', ...program], {
    encoding: 'utf8',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });

const noNamespace = asProcess1('true').status === 0 ? undefined : 'there can be no PID namespace here';
if (noNamespace !== undefined) process.stderr.write(`own-probes-trouble: skipped, ${noNamespace}\n`);

describe.skipIf(noNamespace !== undefined)('programs of an agent that is process 1', () => {
  it('are not started any more when too much is left of them', () => {
    const script = resolve(import.meta.dirname, 'lib/scripts/programs-of-process-1.ts');
    const { status, stdout, stderr } = asProcess1(process.execPath, script);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { pid, started, why, orphans } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    expect(pid).toBe(1);
    // Some may still be about to end when they are counted.
    expect(orphans).toBeLessThanOrEqual(140);
    expect(started).toBeLessThanOrEqual(7);
    expect(why).toMatch(/^nothing is started any more: 100 processes .* run it under an init such as tini/);
  });
});
