import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCpuWaitMs } from './cpu-wait.ts';

it('is the second figure of the kernel’s, or nothing where there is none', () => {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-cpu-wait-'));
  const path = join(directory, 'schedstat');
  const read = (text: string): number => {
    writeFileSync(path, text);
    return readCpuWaitMs(path);
  };
  try {
    expect(read('189194000 98754000 3\n')).toBe(98.754);
    expect(read('')).toBe(0);
    expect(read('garbage of no figures')).toBe(0);
    expect(readCpuWaitMs(join(directory, 'missing'))).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
