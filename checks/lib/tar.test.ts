import { expect, it } from 'vitest';
import { tarOf } from './tar.ts';

const content = new Uint8Array(600).fill(7);
const archive = tarOf([{ name: 'probe', content, mode: 0o755 }]);
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

it('holds several files, each from a block of its own, with when it was written', () => {
  const files = [
    { name: 'a/one', content: new Uint8Array(512).fill(1), mode: 0o600, modifiedAt: 8 },
    { name: 'a/none', content: new Uint8Array(0), mode: 0o600 },
    { name: 'a/two', content: new Uint8Array(1).fill(2), mode: 0o600 },
  ];
  const several = tarOf(files);
  const nameAt = (offset: number): string => Buffer.from(several.subarray(offset, offset + 6)).toString();

  expect(several.length).toBe(1024 + 512 + 1024 + 1024);
  expect([nameAt(0), nameAt(1024), nameAt(1536)]).toEqual(['a/one\0', 'a/none', 'a/two\0']);
  expect(Buffer.from(several.subarray(136, 148)).toString()).toBe('00000000010\0');
});

it('refuses a name that its header cannot hold', () => {
  expect(() => tarOf([{ name: 'x'.repeat(100), content, mode: 0o600 }])).toThrow(RangeError);
});

it('cuts a long name at a slash', () => {
  const [folder, file] = ['f'.repeat(70), 'x'.repeat(90)];
  const long = tarOf([{ name: `${folder}/${file}`, content, mode: 0o600 }]);

  expect(Buffer.from(long.subarray(0, 91)).toString()).toBe(`${file}\0`);
  expect(Buffer.from(long.subarray(345, 345 + 71)).toString()).toBe(`${folder}\0`);
});
