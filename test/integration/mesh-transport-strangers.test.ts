/** Strangers are refused quickly and cheaply, and members go on meanwhile. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { makeLibp2p, until } from './mesh-transport-support/libp2p-harness.ts';
import { type MeshNode, introduce, isFullMesh, startNode } from './mesh-transport-support/node.ts';
import { note } from './mesh-transport-support/note.ts';

const SECONDS = 10;
const PER_SECOND = 100;
const MIB = 1024 * 1024;

it('a stranger is refused within milliseconds', async () => {
  const [member, stranger] = await Promise.all([makeLibp2p(), makeLibp2p({ key: 'other' })]);
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const from = performance.now();
    const { attempts } = await stranger.transport.connect(
      member.transport.listening(),
      member.transport.peerId,
      AbortSignal.timeout(5000),
    );
    times.push(performance.now() - from);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['not-admitted']);
  }
  note(`refused after ${times.map((ms) => ms.toFixed(1)).join(' ')} ms`);
  expect(Math.min(...times)).toBeLessThan(100);
  await until(() => member.transport.counts().refused.stranger === 10, 'all are counted');
  await Promise.all([member.transport.stop(), stranger.transport.stop()]);
});

it(`${PER_SECOND} stranger connections a second for ${SECONDS} s`, async () => {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const victim = await startNode({ log });
  const nodes: MeshNode[] = [victim, await startNode(), await startNode()];
  introduce(nodes);
  await until(() => isFullMesh(nodes), 'a full mesh');
  await sleep(1500);
  const port = victim.transport.listening()[0]?.split(':')[1] ?? '';
  const before = { cpu: process.cpuUsage(), rss: process.memoryUsage().rss };
  const from = performance.now();
  const script = new URL('mesh-transport-support/strangers.ts', import.meta.url).pathname;
  const attack = promisify(execFile)(process.execPath, [script, port, String(PER_SECOND), String(SECONDS), 'key']);

  const over = new AbortController();
  void attack.finally(() => over.abort());
  let said = 0;
  let peak = 0;
  let joined = 0;
  const latencies: number[] = [];
  while (!over.signal.aborted) {
    const at = performance.now();
    await nodes[said % 3]?.say(`message ${said}`);
    const others = nodes.filter((_, index) => index !== said % 3);
    const message = `message ${said}`;
    await until(() => others.every(({ heard }) => heard.has(message)), `everybody hears ${message}`);
    latencies.push(performance.now() - at);
    said += 1;
    peak = Math.max(peak, process.memoryUsage().rss);
    if (said % 10 === 0) {
      const late = await makeLibp2p();
      const { peer } = await late.transport.connect([`127.0.0.1:${port}`], undefined, AbortSignal.timeout(5000));
      if (peer !== undefined) joined += 1;
      await late.transport.stop();
    }
    await sleep(100);
  }
  const { user, system } = process.cpuUsage(before.cpu);
  const seconds = (performance.now() - from) / 1000;
  const result: unknown = JSON.parse((await attack).stdout);
  const growth = (peak - before.rss) / MIB;
  note('strangers', JSON.stringify(result), 'victim', JSON.stringify(victim.transport.counts().refused));
  note(
    `members: ${said} messages, slowest ${Math.max(...latencies).toFixed(0)} ms; ${joined} of ${Math.floor(said / 10)} joined;`,
    `CPU of three agents ${((user + system) / 1e4 / seconds).toFixed(1)} %; RSS +${growth.toFixed(1)} MiB; ${lines.length} log lines`,
  );
  expect(result).toMatchObject({ made: PER_SECOND * SECONDS, admitted: 0 });
  expect(Math.max(...latencies)).toBeLessThan(2000);
  expect(joined).toBe(Math.floor(said / 10));
  expect(lines.length).toBeLessThanOrEqual(10);
  const { refused } = victim.transport.counts();
  expect(refused.stranger + refused.limit + refused.other).toBeGreaterThan(PER_SECOND * SECONDS * 0.9);
  expect(isFullMesh(nodes)).toBe(true);
  await Promise.all(nodes.map((node) => node.stop()));
});
