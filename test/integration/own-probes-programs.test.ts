/** Programs as an operator may write them: well-behaved, lying, endless, hanging, and those that leave others behind. */
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createPrograms } from '../../agent/sidecars/programs.ts';
import type { ProgramResult } from '../../checks/types.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-programs-'));
const programs = createPrograms({ node: 'node-1' }, systemClock);
const never = new AbortController().signal;
let scripts = 0;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function script(text: string, mode = 0o755): string {
  scripts += 1;
  const path = join(directory, `script-${scripts}`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

const run = (command: readonly string[], timeoutMs = 10_000, signal = never): Promise<ProgramResult> =>
  programs.runIn(signal)({ command, timeoutMs });

/** Processes with this text among their arguments, zombies among them as `zombie`. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

/** This process's own children that have ended and were not cleared away. */
function zombies(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return state === 'Z' && Number(parent) === process.pid;
    } catch {
      return false;
    }
  });
}

/** An argument of `sleep` that nobody else has, whatever runs beside. */
let sleeps = 0;
function unique(): string {
  sleeps += 1;
  return `3600.${process.pid}${sleeps}`;
}

afterEach(async () => {
  await expect.poll(zombies, { timeout: 5000 }).toEqual([]);
});

describe('a program that ends', () => {
  it.each([0, 1, 2, 137, 255])('has its exit code: %i', async (code) => {
    const result = await run([script(`echo out; echo err >&2; exit ${code}`)]);
    expect(result).toEqual({
      kind: 'ended',
      exitCode: code,
      stdout: 'out\n',
      stderr: 'err\n',
      durationMs: expect.any(Number),
    });
  });

  it('gets its arguments as they are', async () => {
    const result = await run([script('printf "%s|" "$@"'), '$HOME', '; exit 1', '*', '', 'ü "']);
    expect(result).toMatchObject({ stdout: '$HOME|; exit 1|*||ü "|' });
  });

  it('knows its environment, its directory and no input, and nothing of the agent', async () => {
    process.env['MEERKAT_TEST_SECRET'] = 'geheim';
    const { stdout } = await run([script('/usr/bin/env; echo "cwd=$(pwd)"; echo "in=$(cat)"')]);
    delete process.env['MEERKAT_TEST_SECRET'];
    const lines = stdout.trim().split('\n');
    // The shell adds its own.
    const own = lines.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line)).sort();
    expect(own).toEqual([
      'HOME=/',
      'LANG=C.UTF-8',
      'NODE_NAME=node-1',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'cwd=/',
      'in=',
    ]);
  });

  it('has none of the files and sockets that the agent has open', async () => {
    const path = join(directory, 'secret');
    const file = openSync(path, 'w');
    const { stdout } = await run([script('ls -l /proc/self/fd')]);
    closeSync(file);
    expect(stdout).toContain('0 -> /dev/null');
    expect(stdout).not.toContain(path);
  });

  it('is heard as far as 4096 bytes, and may say more', async () => {
    const result = await run([script('head -c 1000000 /dev/zero | tr "\\0" x; exit 1')]);
    expect(result).toMatchObject({ kind: 'ended', exitCode: 1, stdout: 'x'.repeat(4096) });
  });

  it('takes with it what it left running', async () => {
    const argument = unique();
    const result = await run([script(`sleep ${argument} & echo started; exit 0`)]);
    expect(result).toMatchObject({ kind: 'ended', exitCode: 0, stdout: 'started\n' });
    await expect.poll(() => processesWith(argument), { timeout: 5000 }).toEqual([]);
  });

  it('is not waited for through one that left its group and holds its output', async () => {
    const argument = unique();
    const result = await run([script(`setsid sleep ${argument} & sleep 0.3; echo started; exit 1`)]);
    expect(result).toMatchObject({ kind: 'ended', exitCode: 1, stdout: 'started\n' });
    expect(result.durationMs).toBeLessThan(5000);
    for (const pid of processesWith(argument)) process.kill(Number(pid), 'SIGKILL');
  });

  it('is not taken for another of the same command beside it', async () => {
    const path = script('sleep 0.2; exit 1');
    const both = await Promise.all([run([path]), run([path])]);
    expect(both).toMatchObject([{ exitCode: 1 }, { exitCode: 1 }]);
  });
});

describe('a program that does not end well', () => {
  it('is told to have been killed', async () => {
    const result = await run([script('echo before; kill -SEGV $$')]);
    expect(result).toMatchObject({
      kind: 'failure',
      why: expect.stringMatching(/was killed by SIGSEGV$/),
      stdout: 'before\n',
    });
  });

  it('is killed at its deadline with all that it started, however it defends itself', async () => {
    const argument = unique();
    const path = script(`trap '' TERM INT HUP; echo looking; sleep ${argument} & sleep ${argument}; sleep ${argument}`);
    const result = await run([path], 500);
    expect(result).toMatchObject({ kind: 'failure', why: `${path} did not end within 0.5 s`, stdout: 'looking\n' });
    expect(result.durationMs).toBeLessThan(5000);
    await expect.poll(() => processesWith(argument), { timeout: 5000 }).toEqual([]);
  });

  it('is killed when the run ends', async () => {
    const argument = unique();
    const controller = new AbortController();
    const running = run([script(`sleep ${argument}`)], 60_000, controller.signal);
    await expect.poll(() => processesWith(argument).length, { timeout: 5000 }).toBeGreaterThan(0);
    controller.abort();
    expect(await running).toMatchObject({ kind: 'failure', why: 'the run ended before the program did' });
    await expect.poll(() => processesWith(argument), { timeout: 5000 }).toEqual([]);
  });

  it('is killed when the agent ends', async () => {
    const argument = unique();
    const mine = createPrograms({ node: 'node-1' }, systemClock);
    const running = mine.runIn(never)({ command: [script(`sleep ${argument}`)], timeoutMs: 60_000 });
    await expect.poll(() => processesWith(argument).length, { timeout: 5000 }).toBeGreaterThan(0);
    mine.close();
    expect(await running).toMatchObject({ kind: 'failure', why: expect.stringMatching(/was killed by SIGKILL$/) });
    await expect.poll(() => processesWith(argument), { timeout: 5000 }).toEqual([]);
  });

  it('is killed when it does not stop talking, and costs little until then', async () => {
    const path = script('exec yes');
    const before = process.cpuUsage();
    const result = await run([path], 20_000);
    const { user, system } = process.cpuUsage(before);
    expect(result).toMatchObject({ kind: 'failure', why: `${path} wrote more than 16 MiB and was killed` });
    expect(result.stdout).toBe('y\n'.repeat(2048));
    process.stderr.write(`16 MiB of output cost ${Math.round((user + system) / 1000)} ms of CPU\n`);
    expect(user + system).toBeLessThan(2_000_000);
  });

  it('does not hold this process up meanwhile', async () => {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 10);
    const hang = script('sleep 3600');
    await Promise.all(Array.from({ length: 16 }, (_, index) => run([hang, String(index)], 1000)));
    clearInterval(timer);
    process.stderr.write(`16 programs that hang: this process stood still for ${Math.round(longest)} ms at most\n`);
    expect(longest).toBeLessThan(1000);
  });
});

describe('a program that cannot be started', () => {
  it.each<[string, () => readonly string[], RegExp]>([
    ['is not there', () => [join(directory, 'none')], /^there is no .*\/none$/],
    ['is not executable', () => [script('exit 0', 0o644)], /may not be run: it is not executable for the agent’s user/],
    ['is a directory', () => [directory], /^there is a directory in place of /],
    ['is no absolute path', () => ['true'], /^true is no absolute path$/],
    [
      'is a text without an interpreter',
      () => [join(directory, 'text')],
      /is neither a program for Linux nor a script/,
    ],
    ['has an argument with NUL', () => [script('exit 0'), 'a\0b'], /cannot be started: .*null bytes/],
    ['has arguments that are too long', () => [script('exit 0'), 'x'.repeat(200_000)], /cannot be started: .*E2BIG/],
    ['is a program for another machine', () => [join(directory, 'elf')], /is for another kind of processor$/],
    ['is nothing', () => [], /is no absolute path$/],
  ])('is unknown and says so where it %s', async (_, command, why) => {
    writeFileSync(join(directory, 'text'), 'echo never\n', { mode: 0o755 });
    writeFileSync(join(directory, 'elf'), '\u007fELF\u0002\u0001\u0001', { mode: 0o755 });
    expect(await run(command())).toMatchObject({ kind: 'failure', why: expect.stringMatching(why), stdout: '' });
  });
});
