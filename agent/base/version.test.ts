import { expect, it } from 'vitest';
import { VERSION } from './version.ts';

it('is a semantic version', () => {
  expect(VERSION).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
});
