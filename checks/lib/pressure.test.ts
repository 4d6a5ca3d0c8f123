import { describe, expect, it } from 'vitest';
import { parsePressure, readPressure } from './pressure.ts';
import { fakeHostFiles } from './testing.ts';

const SOME = 'some avg10=0.06 avg60=12.50 avg300=100.00 total=22445187';

describe('parsePressure', () => {
  it('gives shares of 1', () => {
    expect(parsePressure(`${SOME}\nfull avg10=0.00 avg60=1.00 avg300=0.10 total=0\n`)).toEqual({
      some: { over10: 0.0006, over60: 0.125, over300: 1 },
      full: { over10: 0, over60: 0.01, over300: 0.001 },
    });
  });

  it('does without the second line, as older kernels have it for the CPU', () => {
    expect(parsePressure(`${SOME}\r\n`)).toEqual({ some: { over10: 0.0006, over60: 0.125, over300: 1 } });
  });

  it.each(['', 'some', 'some avg10=a avg60=b avg300=c total=d', 'full avg10=0.00 avg60=1.00 avg300=0.10 total=0'])(
    'refuses %j',
    (text) => {
      expect(parsePressure(text)).toBeUndefined();
    },
  );
});

it.each(['ENOENT', 'ENOTSUP', 'EACCES'])('is no answer when the kernel says %s', async (error) => {
  expect(await readPressure(fakeHostFiles({ '/proc/pressure/io': { error } }), 'io')).toBeUndefined();
});
