import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SeenRestart } from './run-watch.ts';
import { type TailReader, createTailReader, rememberSome } from './tails.ts';

const CONTAINER = { namespace: 'prod', pod: 'api', uid: 'uid-1', container: 'app' };

let directory: string;
let reader: TailReader;
const path = (run: number): string => join(directory, 'prod_api_uid-1/app', `${run}.log`);
const write = (run: number, text = `run ${run}`): void =>
  writeFileSync(path(run), `2026-01-01T12:00:00Z stdout F ${text}\n`);
const remember = (restart: SeenRestart): void => {
  reader.note(restart);
  reader.remember();
};
const runsOf = (run: number | undefined, container = 'app'): unknown[] => {
  const { logs, missing } = reader.read({ ...CONTAINER, container, run });
  return [...logs.map((log) => `${log.run}: ${log.lines[0]?.text}`), ...missing];
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-tails-'));
  mkdirSync(join(directory, 'prod_api_uid-1/app'), { recursive: true });
  reader = createTailReader(directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

it('have the run before although its kubelet has removed it', () => {
  write(0);
  write(1);
  remember({ ...CONTAINER, run: 0 });
  rmSync(path(0));
  expect(runsOf(1)).toEqual(['1: run 1', '0: run 0']);
  expect(runsOf(undefined, '')).toEqual(['1: run 1', '0: run 0']);
  expect(runsOf(0)).toEqual(['0: run 0', '1: run 1']);

  write(2);
  remember({ ...CONTAINER, run: 1 });
  rmSync(path(1));
  expect(runsOf(2)).toEqual(['2: run 2', '1: run 1']);
  expect(runsOf(0)).toEqual(['2: run 2', 'log of run 0: the kubelet has removed it already']);
});

it('tell no run twice, and none of another container or pod', () => {
  write(0);
  write(1);
  remember({ ...CONTAINER, run: 0 });
  expect(runsOf(1)).toEqual(['1: run 1', '0: run 0']);
  rmSync(path(0));
  expect(reader.read({ ...CONTAINER, uid: 'uid-2', run: 1 }).logs.map(({ run }) => run)).toEqual([1]);
  expect(reader.read({ ...CONTAINER, uid: undefined, run: 1 }).logs.map(({ run }) => run)).toEqual([1]);
});

it('are kept without secrets, and of the last 64 containers only', () => {
  write(0, 'password=hunter2');
  remember({ ...CONTAINER, run: 0 });
  rmSync(path(0));
  write(1);
  expect(runsOf(1)).toEqual(['1: run 1', '0: password=[redacted]']);
  for (let pod = 0; pod < 64; pod += 1) {
    const place = join(directory, `prod_other-${pod}_uid-1/app`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, '0.log'), '2026-01-01T12:00:00Z stdout F other\n');
    remember({ ...CONTAINER, pod: `other-${pod}`, run: 0 });
  }
  expect(runsOf(1)).toEqual(['1: run 1']);
});

describe('in a crash storm', () => {
  it('a run is read when it is its turn, once, and no more are noted than can be kept', () => {
    write(0);
    reader.note({ ...CONTAINER, run: 0 });
    reader.note({ ...CONTAINER, run: 0 });
    expect([reader.remember(), reader.remember()]).toEqual([true, false]);
    for (let pod = 0; pod < 200; pod += 1) reader.note({ ...CONTAINER, pod: `other-${pod}`, run: 0 });
    let read = 0;
    while (reader.remember()) read += 1;
    expect(read).toBe(64);
  });

  it('whoever waits for a log is served before each, and a look has an end', async () => {
    const done: string[] = [];
    const busy = { remember: (): boolean => done.push('remembered') > 0 };
    const serve = (): Promise<void> => Promise.resolve(void done.push('served'));
    await rememberSome(busy, serve);
    expect(done.slice(0, 4)).toEqual(['served', 'remembered', 'served', 'remembered']);
    expect(done).toHaveLength(32);

    done.length = 0;
    await rememberSome({ remember: () => false }, serve);
    expect(done).toEqual(['served']);
  });
});
