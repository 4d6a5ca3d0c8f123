import { expect, it } from 'vitest';
import { isLoopbackOnly } from './listeners.ts';
import { type FakeFile, fakeHostFiles } from './testing.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, state = '0A'): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000 100 0 0 10 0`;
const tables = (tcp: string, tcp6 = ''): Record<string, FakeFile> => ({
  '/proc/net/tcp': `${HEAD}\n${tcp}\n`,
  '/proc/net/tcp6': `${HEAD}\n${tcp6}\n`,
});
const ask = (files: Record<string, FakeFile>) => isLoopbackOnly(fakeHostFiles(files), 6443);

it.each([
  ['127.0.0.1', tables(line('0100007F:192B')), true],
  ['127.0.0.1 and ::1', tables(line('0100007F:192B'), line('00000000000000000000000001000000:192B')), true],
  ['::ffff:127.0.0.1', tables('', line('0000000000000000FFFF00000100007F:192B')), true],
  ['any address', tables(line('00000000:192B')), false],
  ['any IPv6 address', tables('', line('00000000000000000000000000000000:192B')), false],
  ['127.0.0.1 and its own address', tables(`${line('0100007F:192B')}\n${line('0500000A:192B')}`), false],
  ['another port', tables(line('0100007F:192C')), undefined],
  ['a connection', tables(line('0100007F:192B', '01')), undefined],
])('is told of %s', async (_, files, expected) => {
  expect(await ask(files)).toBe(expected);
});

it('is not told where the kernel does not say', async () => {
  expect(await ask({})).toBeUndefined();
  expect(await ask({ '/proc/net/tcp': { error: 'EACCES' }, '/proc/net/tcp6': 'garbage\n\u0000' })).toBeUndefined();
});
