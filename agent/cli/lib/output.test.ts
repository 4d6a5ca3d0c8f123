import { expect, it } from 'vitest';
import { colour } from './output.ts';

it('colours the word of state in its column and nothing else', () => {
  const text = 'CRITICAL  A CRITICAL thing\nkubelet  PROBLEM  2s\ndns      UNKNOWN\nnext  grep PROBLEM file\n';

  expect(colour(text).replaceAll('\u001b', '^')).toBe(
    '^[31mCRITICAL^[0m  A CRITICAL thing\nkubelet  ^[31mPROBLEM^[0m  2s\ndns      ^[33mUNKNOWN^[0m\nnext  grep PROBLEM file\n',
  );
});
