import { expect, it } from 'vitest';
import { byName } from './natural-order.ts';

it('counts as people do', () => {
  const names = ['w10', 'w9', 'm1', 'ip-10-0-0-20', 'ip-10-0-0-3', 'w', 'w09'];

  expect(names.toSorted(byName)).toEqual(['ip-10-0-0-3', 'ip-10-0-0-20', 'm1', 'w', 'w09', 'w9', 'w10']);
});
