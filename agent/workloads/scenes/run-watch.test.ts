import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunWatch, createRunWatch } from './run-watch.ts';

let directory: string;
let watch: RunWatch;
const write = (run: string, pod = 'prod_api_uid-1', container = 'app'): void => {
  mkdirSync(join(directory, pod, container), { recursive: true });
  writeFileSync(join(directory, pod, container, run), '');
};
const seen = (): string[] => watch.look().map(({ pod, uid, container, run }) => `${pod} ${uid} ${container} ${run}`);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-runs-'));
  watch = createRunWatch({ directory, isWanted: (namespace) => namespace === 'prod', now: () => 0 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('learns what is there, then tells each restart once', () => {
  write('3.log');
  expect(seen()).toEqual([]);
  expect(seen()).toEqual([]);
  write('4.log');
  expect(seen()).toEqual(['api uid-1 app 3']);
  expect(seen()).toEqual([]);
  rmSync(join(directory, 'prod_api_uid-1/app/4.log'));
  expect(seen()).toEqual([]);
  write('4.log');
  expect(seen()).toEqual([]);
});

it('tells of a pod that came later also its first restart, of other namespaces nothing, and no rotation', () => {
  expect(seen()).toEqual([]);
  write('0.log', 'prod_new_uid-2');
  write('0.log', 'dev_new_uid-3');
  write('1.log', 'prod_quick_uid-4');
  expect(seen()).toEqual(['quick uid-4 app 0']);
  write('0.log.20260101-120000', 'prod_new_uid-2');
  write('1.log', 'dev_new_uid-3');
  expect(seen()).toEqual([]);
  write('1.log', 'prod_new_uid-2');
  expect(seen()).toEqual(['new uid-2 app 0']);
});

it('takes a pod of the same name for another one, and forgets what is gone', () => {
  write('0.log');
  seen();
  write('0.log', 'prod_api_uid-9');
  rmSync(join(directory, 'prod_api_uid-1'), { recursive: true });
  expect(seen()).toEqual([]);
  writeFileSync(join(directory, 'prod_stray_uid-5'), '');
  expect(seen()).toEqual([]);
});

it('says why it cannot look', () => {
  rmSync(directory, { recursive: true });
  expect(() => watch.look()).toThrow('ENOENT');
});

it('reads a directory again only when it has changed', () => {
  const settled = createRunWatch({ directory, isWanted: () => true, now: () => Infinity });
  write('0.log');
  settled.look();
  write('1.log');
  expect(settled.look()).toHaveLength(1);
  expect(settled.look()).toEqual([]);
});
