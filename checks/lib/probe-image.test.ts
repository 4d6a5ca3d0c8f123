import { expect, it } from 'vitest';
import { probeImage } from './probe-image.ts';

it('is named by its content', () => {
  const x64 = probeImage('x64');
  expect(x64?.tag).toMatch(/^[0-9a-f]{12}$/);
  expect(probeImage('x64')).toEqual(x64);
  expect(probeImage('arm64')?.tag).not.toBe(x64?.tag);
});

it('does not exist for an architecture without a program', () => {
  expect(probeImage('s390x')).toBeUndefined();
});
