/** What was acknowledged is there after any kill: of the store process, and of the agent with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { createEventTable } from '../../agent/store/event-table.ts';
import { childrenOf, isAlive, temporaryDirectory, until } from './store-support/harness.ts';
import { expectBatches, numberedBatch } from './store-support/load.ts';
import { openRaw, startRawProcess } from './store-support/raw-process.ts';

const AGENT = fileURLToPath(new URL('./store-support/agent.ts', import.meta.url));
const PROCESS_KILLS = 60;
const AGENT_KILLS = 40;

let directory = '';
let remove = (): void => {};

beforeEach(() => {
  ({ path: directory, remove } = temporaryDirectory());
});

afterEach(() => remove());

it(`keeps every acknowledged batch through ${PROCESS_KILLS} kills of the store process under load`, async () => {
  const start = Date.now() - 3_600_000;
  let acknowledged = 0;
  let last = 0;
  for (let round = 0; round < PROCESS_KILLS; round += 1) {
    const raw = startRawProcess();
    const opened = await openRaw(raw, directory);
    if (opened.kind !== 'opened') throw new Error(opened.trouble.message);
    expect(opened.setAside).toBeUndefined();
    last = opened.lastBatch?.number ?? 0;
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    expect(opened.events.at(-1)?.sequence ?? 0).toBe(last);
    raw.onMessage((message) => {
      if (message.kind !== 'stored') return;
      expect(message.firstSequence).toBe(message.number);
      acknowledged = message.number;
      raw.send({ kind: 'batch', batch: numberedBatch('run', message.number + 20, start) });
    });
    for (let ahead = 1; ahead <= 20; ahead += 1) {
      raw.send({ kind: 'batch', batch: numberedBatch('run', last + ahead, start) });
    }
    await sleep(Math.random() * 150);
    await raw.kill();
  }
  const raw = startRawProcess();
  const opened = await openRaw(raw, directory);
  last = opened.kind === 'opened' ? (opened.lastBatch?.number ?? 0) : 0;
  await raw.kill();
  process.stdout.write(`${last} batches through ${PROCESS_KILLS} kills\n`);
  expect(acknowledged).toBeGreaterThan(100);
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  expectBatches(directory, last, start);
}, 180_000);

it(`keeps every acknowledged event through ${AGENT_KILLS} kills of a whole agent`, async () => {
  const told = new Map<number, string>();
  let next = 1;
  for (let round = 0; round < AGENT_KILLS; round += 1) {
    const agent = spawn(process.execPath, [AGENT, directory, String(next)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = Promise.withResolvers<void>();
    createInterface({ input: agent.stdout }).on('line', (line) => {
      const [first = '', ...message] = line.split(' ');
      if (first === 'ready') ready.resolve();
      else told.set(Number(first), message.join(' '));
    });
    agent.once('exit', () => ready.reject(new Error('the agent ended by itself')));
    await ready.promise;
    // Every other agent is killed after something was acknowledged, however busy the machine is.
    const known = told.size;
    if (round % 2 === 0) await until('something is acknowledged', () => told.size > known, 10_000);
    await sleep(Math.random() * 250);
    const children = childrenOf(agent.pid ?? 0);
    agent.kill('SIGKILL');
    await once(agent, 'close');
    // At once, but a disk that is busy lets no process go that writes to it.
    await until('the store process ends with its agent', () => !children.some(isAlive), 15_000);
    next = Math.max(next, ...[...told.values()].map((message) => Number(message.split(' ')[1]))) + 1000;
  }
  const { value: connection } = openDatabase(join(directory, 'history.db'), 'check', systemClock, (opened) => opened);
  const stored = new Map(
    createEventTable(connection)
      .newest(1_000_000)
      .map((event) => [event.sequence, event.message]),
  );
  connection.close();
  process.stdout.write(`${told.size} acknowledged, ${stored.size} stored through ${AGENT_KILLS} kills\n`);
  expect(readdirSync(directory).filter((name) => name.includes('corrupt'))).toEqual([]);
  expect(told.size).toBeGreaterThanOrEqual(AGENT_KILLS / 2);
  for (const [sequence, message] of told) expect(stored.get(sequence)).toBe(message);
  expect(new Set(stored.values()).size).toBe(stored.size);
}, 180_000);
