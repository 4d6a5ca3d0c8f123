/** An agent whose event loop is blocked is ended by its store process; one that is only paused is not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type TestContext, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../agent/base/errors.ts';
import { aStore, childrenOf, isAlive, temporaryDirectory, until } from './store-support/harness.ts';

const AGENT = fileURLToPath(new URL('./store-support/blocked-agent.ts', import.meta.url));
/** SIGALRM's number: a shell reports 128 more. */
const SIGALRM = 14;

interface Started {
  readonly directory: string;
  readonly agent: ChildProcess & { readonly pid: number };
}

/** Ended and removed with the test that started it. */
async function start(what: 'spin' | 'wait' | 'idle', { onTestFinished }: TestContext): Promise<Started> {
  const { path: directory, remove } = temporaryDirectory();
  onTestFinished(remove);
  const agent = spawn(process.execPath, [AGENT, directory, what], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    if (agent.exitCode === null && agent.signalCode === null) agent.kill('SIGKILL');
  });
  await once(agent.stdout, 'data');
  if (agent.pid === undefined) throw new Error('no process');
  return { directory, agent: agent as Started['agent'] };
}

// Each waits ten seconds for a process of its own: they wait together.
describe.concurrent('a blocked agent', () => {
  it.for(['spin', 'wait'] as const)(
    'is ended with SIGALRM after 10 s, and the next one knows the check: %s',
    async (what, context) => {
      const { agent, directory } = await start(what, context);
      const children = childrenOf(agent.pid);
      const startedAt = performance.now();
      const [, signal] = await once(agent, 'exit');
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

  it('that was only stopped for 12 s goes on', async (context) => {
    const { agent } = await start('idle', context);
    process.kill(agent.pid, 'SIGSTOP');
    await sleep(12_000);
    process.kill(agent.pid, 'SIGCONT');
    await sleep(3000);
    expect([agent.exitCode, agent.signalCode]).toEqual([null, null]);
  });

  it('that was only stopped for 12 s, together with its store process, goes on', async (context) => {
    const { agent } = await start('idle', context);
    const all = [agent.pid, ...childrenOf(agent.pid)];
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    await sleep(12_000);
    for (const pid of all.toReversed()) process.kill(pid, 'SIGCONT');
    await sleep(3000);
    expect([agent.exitCode, agent.signalCode]).toEqual([null, null]);
  });
});
