import { describe, expect, it } from 'vitest';
import { fileHandles, parseFileHandles } from './file-handles.ts';
import { type FakeFile, fakeHostFiles, testContext } from './lib/testing.ts';

const run = async (file: FakeFile) =>
  await fileHandles.run(testContext(fileHandles, { host: fakeHostFiles({ '/proc/sys/fs/file-nr': file }) }));

describe('parseFileHandles', () => {
  it.each([
    ['557\t0\t2466177\n', { open: 557, limit: 2_466_177 }],
    ['600 43 1000\r\n', { open: 557, limit: 1000 }],
    ['9000\t0\t9223372036854775807\n', { open: 9000, limit: 2 ** 63 }],
    ['', undefined],
    ['557\t0', undefined],
    ['a b c', undefined],
  ])('%j', (text, expected) => {
    expect(parseFileHandles(text)).toEqual(expected);
  });
});

it('is fine with handles left, and says how many are open', async () => {
  expect(await run('500\t0\t1000\n')).toEqual({
    status: 'ok',
    readings: [
      { name: 'open_count', value: 500 },
      { name: 'used_ratio', value: 0.5 },
    ],
  });
  expect(await run('500\t0\t9223372036854775807\n')).toMatchObject({ status: 'ok' });
});

it.each([
  ['820\t0\t1000\n', 'FileHandlesLow', '820 file handles are open, 82 % of fs.file-max = 1,000.'],
  ['1000\t0\t1000\n', 'FileHandlesExhausted', '1,000 file handles are open, 100 % of fs.file-max = 1,000.'],
])('reports handles that run out: %j', async (file, reason, message) => {
  expect(await run(file)).toMatchObject({ status: 'problem', problems: [{ reason, message }] });
});

it.each([
  [{ error: 'ENOENT' }, 'there is no /proc/sys/fs/file-nr'],
  [{ error: 'EACCES' }, 'the agent may not read /proc/sys/fs/file-nr (EACCES)'],
  ['', '/proc/sys/fs/file-nr has an unexpected form'],
])('is unknown with %j', async (file, why) => {
  expect(await run(file)).toMatchObject({ status: 'unknown', why });
});
