import { expect, it } from 'vitest';
import { colour, columnsOf, foldHead } from './output.ts';

it('colours the word of state in its column and nothing else', () => {
  const text = 'CRITICAL  A CRITICAL thing\nkubelet  PROBLEM  2s\ndns      UNKNOWN\nnext  grep PROBLEM file\n';

  expect(colour(text).replaceAll('\u001b', '^')).toBe(
    '^[31mCRITICAL^[0m  A CRITICAL thing\nkubelet  ^[31mPROBLEM^[0m  2s\ndns      ^[33mUNKNOWN^[0m\nnext  grep PROBLEM file\n',
  );
});

it('breaks the first line at blanks, and no other', () => {
  const text = 'DEGRADED  The kubelet on node-a refuses connections.\n\n  next      systemctl status kubelet\n';

  expect(foldHead(text, 30)).toBe(
    'DEGRADED  The kubelet on\n  node-a refuses connections.\n\n  next      systemctl status kubelet\n',
  );
  expect(foldHead(text, Infinity)).toBe(text);
});

it('knows no width but that of a terminal', () => {
  expect(columnsOf({ isTTY: true, columns: 80 })).toBe(80);
  expect(columnsOf({ columns: 80 })).toBe(Infinity);
  expect(columnsOf({ isTTY: true })).toBe(Infinity);
});
