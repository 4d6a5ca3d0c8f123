/** All containers of a full node are started again at once: the real thread reads their logs for the scenes of the first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { type LogsPort, startLogs } from '../../agent/workloads/logs/port.ts';
import type { SeenRestart } from '../../agent/workloads/scenes/run-watch.ts';
import { eventually } from '../lib/agent-process.ts';

const PODS = 110;
/** As many as are kept within an hour, four at a time. */
const SCENES = 30;
const AT_ONCE = 4;
const directory = mkdtempSync(join(tmpdir(), 'meerkat-storm-'));
const seen: SeenRestart[] = [];
let logs: LogsPort;
/** Lines as long as applications write them when they fail: what is read of one file is a tenth of it. */
const text = Array.from(
  { length: 2000 },
  (_, index) => `2026-01-01T12:00:00.5Z stderr F ${index} {"msg":"${'failed: key=value token bucket '.repeat(30)}"}\n`,
).join('');
const containerOf = (pod: number): string => join(directory, `prod_api-${pod}_uid-${pod}`, 'app');
const startAll = (run: number): void => {
  for (let pod = 0; pod < PODS; pod += 1) {
    mkdirSync(containerOf(pod), { recursive: true });
    writeFileSync(join(containerOf(pod), `${run}.log`), text);
  }
};
/** Of those that are told of first. */
const restartsOf = async (run: number): Promise<readonly SeenRestart[]> => {
  startAll(run + 1);
  const of = (): readonly SeenRestart[] => seen.filter((one) => one.run === run);
  return eventually(
    () => Promise.resolve(of()),
    ({ length }) => length > 0,
    20_000,
  );
};

beforeAll(async () => {
  startAll(0);
  startAll(1);
  const log = createLog('silent', 'w1');
  logs = startLogs(directory, { watches: [], namespaces: ['prod'] }, { clock: systemClock, log });
  logs.onRestart((restart) => void seen.push(restart));
  await eventually(
    () => Promise.resolve(logs.blind()),
    (why) => why === undefined,
    20_000,
  );
}, 60_000);
afterAll(async () => {
  await logs.stop();
  rmSync(directory, { recursive: true });
});

it('has the logs of the first scenes although those of all others are to be kept, too', async () => {
  const restarts = await restartsOf(1);
  const began = performance.now();
  const missing: string[] = [];
  for (let first = 0; first < SCENES; first += AT_ONCE) {
    const some = restarts.slice(first, Math.min(first + AT_ONCE, SCENES));
    const tails = await Promise.all(some.map((restart) => logs.tails(restart)));
    missing.push(...tails.flatMap((one) => one.missing));
    for (const { logs: ends } of tails) expect(ends[0]).toMatchObject({ run: 1, isCut: true });
  }
  const tookMs = performance.now() - began;
  process.stdout.write(`the logs of ${SCENES} scenes took ${(tookMs / 1000).toFixed(1)} s\n`);
  expect(missing).toEqual([]);
}, 60_000);

it('serves who waits before it reads what may be wanted later', async () => {
  const restarts = await restartsOf(2);
  await Promise.all(restarts.slice(0, AT_ONCE).map((restart) => logs.tails(restart)));
  // What is not kept by now is gone.
  for (let pod = 0; pod < PODS; pod += 1) rmSync(join(containerOf(pod), '2.log'));
  let kept = 0;
  for (const restart of restarts)
    if ((await logs.tails({ ...restart, run: 3 })).logs.some(({ run }) => run === 2)) kept += 1;
  process.stdout.write(`when the first had been served ${kept} of ${restarts.length} logs were kept\n`);
  expect(kept).toBeLessThan(48);
}, 60_000);
