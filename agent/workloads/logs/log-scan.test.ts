import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LogWatch } from '../../../checks/types.ts';
import { MOST_LOGS, createLogScan } from './log-scan.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 0, 0);
const WATCH: LogWatch = { name: 'worker', namespace: 'prod', workload: 'worker', container: '', windowMs: 60_000 };
const POD = 'prod_worker-x2k4p_uid-1';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-log-scan-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (text: string, ageMs = 0, stream = 'stdout'): string =>
  `${new Date(NOW - ageMs).toISOString()} ${stream} F ${text}\n`;
function write(pod: string, container: string, text: string, file = '0.log'): void {
  mkdirSync(join(directory, pod, container), { recursive: true });
  appendFileSync(join(directory, pod, container, file), text);
}
const scanOf = (...watches: readonly Partial<LogWatch>[]) =>
  createLogScan({ directory, watches: watches.map((one) => ({ ...WATCH, ...one })), now: () => NOW });

it('finds the logs of a workload’s pods, and of no others', () => {
  write(POD, 'main', line('one'));
  write(POD, 'side', line('one'));
  write('prod_worker-z9w2b_uid-2', 'main', line('one'));
  write('test_worker-x2k4p_uid-3', 'main', line('one'));
  write('prod_api-x2k4p_uid-4', 'main', line('one'));
  writeFileSync(join(directory, 'note'), '');
  const scan = scanOf({ container: 'main' }, { name: 'all' });

  const seen = scan.look(1000).map(({ watch, pod, container }) => `${watch} ${pod} ${container}`);
  expect(seen.toSorted()).toEqual([
    'all worker-x2k4p main',
    'all worker-x2k4p side',
    'all worker-z9w2b main',
    'worker worker-x2k4p main',
    'worker worker-z9w2b main',
  ]);
  rmSync(join(directory, POD), { recursive: true });
  expect(scan.look(1000)).toHaveLength(2);
  scan.close();
});

it('tells the last line by its place, whatever its clock says: that may have been set back', () => {
  write(POD, 'main', line('one', -3_600_000));
  const scan = scanOf({ windowMs: 60_000, pattern: 'x' }, { name: 'out', stream: 'stdout' });
  const last = (): unknown => scan.look(1000).map(({ lastWriteAt = 0 }) => lastWriteAt - NOW);
  expect(last()).toEqual([3_600_000, 3_600_000]);
  write(POD, 'main', line('two'));
  expect(last()).toEqual([0, 0]);
  scan.close();
});

it('counts no lines of later than now, as there are when a clock was set back', () => {
  write(POD, 'main', line('x', -3_600_000) + line('x', 0) + line('x', -500) + line('x', 3_600_000));
  const scan = scanOf({ windowMs: 60_000, pattern: 'x' });
  expect(scan.look(1000)).toMatchObject([{ matches: 2 }]);
  scan.close();
});

it('follows so many logs at most, always the same ones, and says how many more are wanted', () => {
  for (let index = 0; index < MOST_LOGS / 2 + 2; index += 1)
    for (const container of ['main', 'side'])
      write(`prod_worker-${String(index).padStart(3, '0')}_uid-${index}`, container, line('one'));
  const scan = scanOf({});
  const first = scan.look(1000);
  expect([first.length, scan.unfollowed()]).toEqual([MOST_LOGS, 4]);
  expect(scan.look(1000)).toEqual(first);
  for (const index of [0, 1, 2]) rmSync(join(directory, `prod_worker-00${index}_uid-${index}`), { recursive: true });
  expect([scan.look(1000).length, scan.unfollowed()]).toEqual([MOST_LOGS - 2, 0]);
  scan.close();
});

it('counts lines of the window that match, those before its start too', () => {
  write(POD, 'main', line('upstream timeout', 90_000) + line('upstream timeout', 30_000) + line('fine', 20_000));
  const scan = scanOf({ pattern: 'upstream (timeout|refused)' });

  expect(scan.look(1000)).toMatchObject([{ matches: 1, lastWriteAt: NOW - 20_000 }]);
  write(POD, 'main', line('upstream refused', 1000));
  expect(scan.look(1000)).toMatchObject([{ matches: 2 }]);
  scan.close();
});

it('tells each line that matches once, by the second in which it was written', () => {
  write(
    POD,
    'main',
    line('upstream timeout', 90_000) + line('fine', 80_000) + line('upstream timeout', 1200).repeat(2),
  );
  const scan = scanOf({ pattern: 'upstream' });
  expect(scan.look(1000)).toMatchObject([
    {
      fresh: [
        [NOW - 90_000, 1],
        [NOW - 2000, 2],
      ],
    },
  ]);
  expect(scan.look(1000)[0]?.fresh).toBeUndefined();
  write(POD, 'main', line('upstream timeout', 100));
  // Also those that a run wrote before it ended.
  write(POD, 'main', line('upstream timeout', 50), '1.log');
  expect(scan.look(1000)).toMatchObject([{ restarts: 1, matches: 1, fresh: [[NOW - 1000, 2]] }]);
  scan.close();
});

it('listens to one stream where one is named', () => {
  write(POD, 'main', line('error', 60_000, 'stderr') + line('chatter', 1000));
  const scan = scanOf({ stream: 'stderr' });
  expect(scan.look(1000)).toMatchObject([{ lastWriteAt: NOW - 60_000 }]);
  write(POD, 'main', line('chatter of the next run'), '1.log');
  const [next] = scan.look(1000);
  expect([next?.restarts, next?.lastWriteAt]).toEqual([1, undefined]);
  write(POD, 'main', line('error', 500, 'stderr'), '1.log');
  expect(scan.look(1000)).toMatchObject([{ lastWriteAt: NOW - 500 }]);
  scan.close();
});

it('begins to count anew with another run', () => {
  write(POD, 'main', line('panic', 1000));
  const scan = scanOf({ pattern: 'panic' });
  expect(scan.look(1000)).toMatchObject([{ matches: 1 }]);
  write(POD, 'main', line('started', 500), '1.log');
  expect(scan.look(1000)).toMatchObject([{ restarts: 1, matches: 0 }]);
  scan.close();
});

it('says why a log cannot be read', () => {
  mkdirSync(join(directory, POD, 'main', '0.log'), { recursive: true });
  const scan = scanOf({ pattern: 'x' });
  expect(scan.look(1000)[0]?.why).toMatch(/EISDIR/);
  scan.close();
});

it('reads no more a second than there is room for', () => {
  write(POD, 'main', line('first'));
  const scan = scanOf({ pattern: 'line' });
  scan.look(1000);
  write(POD, 'main', line('x'.repeat(1000)).repeat(3000));
  // Looks are never a whole number of ms apart.
  const [seen] = scan.look(1003.7);
  expect(seen?.why).toBeUndefined();
  expect(seen?.droppedBytes).toBeGreaterThan(1024 * 1024);
  expect(seen?.bytes).toBeGreaterThan(3_000_000);
  scan.close();
});

it('throws where the directory itself is away', () => {
  const scan = createLogScan({ directory: join(directory, 'nothing'), watches: [WATCH], now: () => NOW });
  expect(() => scan.look(1000)).toThrow(/ENOENT/);
});

it('does not wait for a pattern that would hold a backtracking engine up', () => {
  write(POD, 'main', line('a'.repeat(20_000)));
  const scan = scanOf({ pattern: '^(a+)+$b' });
  expect(scan.look(1000)).toMatchObject([{ matches: 0 }]);
  scan.close();
});
