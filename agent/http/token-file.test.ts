import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../base/log.ts';
import { systemClock } from '../base/clock.ts';
import { createTokenFile } from './token-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-token-'));
  path = join(directory, 'token');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A clock that stands still until it is moved; the file is read with real I/O. */
function create(): { matches(token: string): Promise<boolean>; later(): void; errors: string[] } {
  let now = 0;
  const errors: string[] = [];
  const log = createLog('silent', 'node-a');
  log.error = (fields: { error: string }) => errors.push(fields.error);
  const clock = { ...systemClock, monotonic: () => now };
  const file = createTokenFile(path, { clock, log });
  return { matches: (token) => file.matches(token), later: () => (now += 1000), errors };
}

it('compares with the trimmed content of the file', async () => {
  writeFileSync(path, ' s3cret\n');
  const file = create();

  expect(await file.matches('s3cret')).toBe(true);
  expect(await file.matches('s3cre')).toBe(false);
  expect(await file.matches('')).toBe(false);
});

it('takes a changed file into use within a second', async () => {
  writeFileSync(path, 'old');
  const file = create();
  expect(await file.matches('old')).toBe(true);

  // A Secret's mount is replaced, not written to.
  writeFileSync(`${path}.new`, 'new');
  utimesSync(`${path}.new`, new Date(0), new Date(0));
  renameSync(`${path}.new`, path);

  expect(await file.matches('old')).toBe(true);
  file.later();
  expect(await file.matches('old')).toBe(false);
  expect(await file.matches('new')).toBe(true);
});

it('lets nobody in without a token, and says why once', async () => {
  const file = create();
  expect(await file.matches('anything')).toBe(false);
  file.later();
  expect(await file.matches('undefined')).toBe(false);
  expect(file.errors).toEqual([expect.stringContaining('ENOENT')]);

  writeFileSync(path, ' \n');
  file.later();
  expect(await file.matches('')).toBe(false);
  expect(file.errors.at(-1)).toBe('it is empty');

  writeFileSync(path, 'here');
  file.later();
  expect(await file.matches('here')).toBe(true);

  rmSync(path);
  file.later();
  expect(await file.matches('here')).toBe(false);
});

it('does not read a file of any size', async () => {
  writeFileSync(path, 'x'.repeat(5000));
  const file = create();

  expect(await file.matches('x'.repeat(5000))).toBe(false);
  expect(file.errors).toEqual(['it is larger than 4096 bytes']);
});
