/** The protocol changes; what is said of it here must change with it. `run.ts` shows that each mutation is caught. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MUTATIONS } from './catalogue.ts';

const ROOT = join(import.meta.dirname, '../../..');

it.each(MUTATIONS)('$name can still be applied', ({ edits, caughtBy }) => {
  for (const { file, from, to } of edits) {
    expect(readFileSync(join(ROOT, file), 'utf8').split(from).length - 1, `${from} in ${file}`).toBe(1);
    expect(to).not.toBe(from);
  }
  expect(caughtBy).not.toEqual([]);
});
