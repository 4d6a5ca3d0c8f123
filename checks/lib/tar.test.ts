import { expect, it } from 'vitest';
import { tarOf } from './tar.ts';

const content = new Uint8Array(600).fill(7);
const archive = tarOf({ name: 'probe', content, mode: 0o755 });
const text = (from: number, length: number): string => Buffer.from(archive.subarray(from, from + length)).toString();

it('is one header, the content in whole blocks, and two empty blocks', () => {
  expect(archive.length).toBe(512 + 1024 + 1024);
  expect(archive.subarray(512, 512 + 600)).toEqual(content);
  expect(archive.subarray(512 + 600).every((byte) => byte === 0)).toBe(true);
});

it('has the fields of a ustar header', () => {
  expect(text(0, 6)).toBe('probe\0');
  expect(text(100, 8)).toBe('0000755\0');
  expect(text(124, 12)).toBe('00000001130\0');
  expect(text(156, 1)).toBe('0');
  expect(text(257, 8)).toBe('ustar\u000000');
});

it('has the checksum of the header with its own field blank', () => {
  const header = archive.slice(0, 512).fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  expect(text(148, 8)).toBe(`${sum.toString(8).padStart(6, '0')}\0 `);
});
