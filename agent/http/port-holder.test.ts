import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPortHolder, listeningInodes } from './port-holder.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1D97 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1D97 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'meerkat-proc-'));
  mkdirSync(join(proc, 'net'));
  writeFileSync(join(proc, 'net/tcp'), TABLE);
  for (const [pid, inode] of [
    ['12', 4712],
    ['34', 4711],
  ] as const) {
    mkdirSync(join(proc, pid, 'fd'), { recursive: true });
    writeFileSync(join(proc, pid, 'cmdline'), `/usr/bin/server-${pid}\0--token=s3cret\0`);
    symlinkSync(`socket:[${inode}]`, join(proc, pid, 'fd/3'));
  }
});
afterEach(() => rmSync(proc, { recursive: true }));

it('finds the socket that listens, not one that is connected', () => {
  expect([...listeningInodes(TABLE, 7575)]).toEqual(['4711']);
  expect([...listeningInodes(TABLE, 80)]).toEqual(['4713']);
  expect([...listeningInodes(TABLE, 81)]).toEqual([]);
  expect([...listeningInodes('no table', 7575)]).toEqual([]);
});

it('names the process', async () => {
  expect(await findPortHolder(7575, proc)).toBe('server-34 (pid 34)');
});

it('says nothing where it cannot see', async () => {
  expect(await findPortHolder(80, proc)).toBeUndefined();
  expect(await findPortHolder(7575, join(proc, 'missing'))).toBeUndefined();
});
