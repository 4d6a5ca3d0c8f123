/** An agent whose event loop is blocked is ended by its store process; one that is only paused is not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../agent/base/errors.ts';
import { aStore, childrenOf, isAlive, temporaryDirectory, until } from './store-support/harness.ts';

const AGENT = fileURLToPath(new URL('./store-support/blocked-agent.ts', import.meta.url));
/** SIGALRM's number: a shell reports 128 more. */
const SIGALRM = 14;

let directory = '';
let remove = (): void => {};
let agent: ChildProcess | undefined;

beforeEach(() => {
  ({ path: directory, remove } = temporaryDirectory());
});

afterEach(() => {
  if (agent?.exitCode === null && agent.signalCode === null) agent.kill('SIGKILL');
  remove();
});

async function start(what: 'spin' | 'wait' | 'idle'): Promise<ChildProcess & { pid: number }> {
  const started = spawn(process.execPath, [AGENT, directory, what], { stdio: ['ignore', 'pipe', 'inherit'] });
  agent = started;
  await once(started.stdout, 'data');
  if (started.pid === undefined) throw new Error('no process');
  return started as ChildProcess & { pid: number };
}

describe('a blocked agent', () => {
  it.each(['spin', 'wait'] as const)(
    'is ended with SIGALRM after 10 s, and the next one knows the check: %s',
    async (what) => {
      const started = await start(what);
      const children = childrenOf(started.pid);
      const startedAt = performance.now();
      const [, signal] = await once(started, 'exit');
      const tookMs = performance.now() - startedAt;
      process.stdout.write(`ended after ${Math.round(tookMs)} ms\n`);
      expect(signal).toBe('SIGALRM');
      expect(128 + SIGALRM).toBe(EXIT_CODES.blocked.code);
      expect(tookMs).toBeGreaterThan(8500);
      expect(tookMs).toBeLessThan(26_000);
      const written: unknown = JSON.parse(readFileSync(join(directory, 'blocked.json'), 'utf8'));
      expect(written).toMatchObject({ check: 'a-check-that-blocks' });
      await until('the store process ends too', () => !children.some(isAlive));
      const { store } = aStore(directory);
      expect(await store.open()).toMatchObject({ blocked: { check: 'a-check-that-blocks' } });
      await store.close(2000);
    },
  );
});

it('an agent that was stopped for 12 s goes on', async () => {
  const started = await start('idle');
  process.kill(started.pid, 'SIGSTOP');
  await sleep(12_000);
  process.kill(started.pid, 'SIGCONT');
  await sleep(3000);
  expect([started.exitCode, started.signalCode]).toEqual([null, null]);
});

it('an agent that was stopped for 12 s together with its store process goes on', async () => {
  const started = await start('idle');
  const all = [started.pid, ...childrenOf(started.pid)];
  for (const pid of all) process.kill(pid, 'SIGSTOP');
  await sleep(12_000);
  for (const pid of all.toReversed()) process.kill(pid, 'SIGCONT');
  await sleep(3000);
  expect([started.exitCode, started.signalCode]).toEqual([null, null]);
});
