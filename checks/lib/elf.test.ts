import { expect, it } from 'vitest';
import { exitZeroExecutable, isProbeArch } from './elf.ts';

const ARCHITECTURES = [
  { arch: 'x64', machine: 62, code: 'b83c00000031ff0f05' },
  { arch: 'arm64', machine: 183, code: '000080d2a80b80d2010000d4' },
] as const;

it.each(ARCHITECTURES)('makes a static executable for $arch', ({ arch, machine, code }) => {
  const file = exitZeroExecutable(arch);
  const view = new DataView(file.buffer);
  const u64 = (offset: number): number => Number(view.getBigUint64(offset, true));
  expect(Buffer.from(file.subarray(0, 7)).toString('hex')).toBe('7f454c46020101');
  expect(view.getUint16(16, true)).toBe(2);
  expect(view.getUint16(18, true)).toBe(machine);
  expect({ programHeaders: view.getUint16(56, true), at: u64(32), size: view.getUint16(54, true) }).toEqual({
    programHeaders: 1,
    at: 64,
    size: 56,
  });
  const entry = u64(24) - u64(80);
  expect(Buffer.from(file.subarray(entry)).toString('hex')).toBe(code);
  expect(u64(96)).toBe(file.length);
  expect(u64(80) % u64(112)).toBe(0);
});

it('never makes the program writable', () => {
  expect(new DataView(exitZeroExecutable('x64').buffer).getUint32(68, true)).toBe(5);
});

it('knows for which architectures there is a program', () => {
  expect(['x64', 'arm64', 's390x', 'toString'].map(isProbeArch)).toEqual([true, true, false, false]);
});
