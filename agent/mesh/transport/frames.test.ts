import { describe, expect, it } from 'vitest';
import { createFrameReader, encodeFrame } from './frames.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const plain = (frames: readonly Uint8Array[] | 'too-large'): unknown =>
  typeof frames === 'string' ? frames : frames.map((frame) => [...frame]);

describe('createFrameReader', () => {
  const stream = Buffer.concat([bytes(1, 2, 3), bytes(), bytes(9)].map(encodeFrame));

  it('reads frames however the bytes are cut', () => {
    for (let size = 1; size <= stream.length; size += 1) {
      const reader = createFrameReader(3);
      const frames: unknown[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const result = reader.push(stream.subarray(at, at + size));
        if (result !== 'too-large') frames.push(...result.map((frame) => [...frame]));
      }
      expect(frames).toEqual([[1, 2, 3], [], [9]]);
      expect(reader.pendingBytes()).toBe(0);
    }
  });

  it('keeps no view into what it was given', () => {
    const reader = createFrameReader(10);
    const given = Buffer.from(encodeFrame(bytes(1, 2)));
    const frames = reader.push(given);
    given.fill(0);
    expect(plain(frames)).toEqual([[1, 2]]);
    expect(frames !== 'too-large' && frames[0]?.buffer.byteLength).toBe(2);
  });

  it('refuses a length above the limit before any of its bytes came', () => {
    expect(createFrameReader(3).push(encodeFrame(bytes(1, 2, 3, 4)).subarray(0, 4))).toBe('too-large');
    expect(createFrameReader(3).push(bytes(255, 255, 255, 255))).toBe('too-large');
  });

  it('counts what waits for the rest', () => {
    const reader = createFrameReader(3);
    reader.push(encodeFrame(bytes(1, 2, 3)).subarray(0, 6));
    expect(reader.pendingBytes()).toBe(2);
  });
});
