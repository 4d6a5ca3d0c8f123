import { expect, it } from 'vitest';
import { isLabelName, isSubdomainName } from './kubernetes-names.ts';

it.each(['a', 'kube-system', '7-up', 'x'.repeat(63)])('%s is the name of a namespace, container or pod', (text) => {
  expect([isLabelName(text), isSubdomainName(text)]).toEqual([true, true]);
});

it.each(['etcd-master.example.org', 'x'.repeat(253), `${'x'.repeat(63)}.${'y'.repeat(63)}`])(
  '%s is the name of a pod only',
  (text) => {
    expect([isLabelName(text), isSubdomainName(text)]).toEqual([false, true]);
  },
);

it.each([
  '',
  '.',
  '..',
  '../a',
  'a/b',
  'a\\b',
  '-a',
  'a-',
  'A',
  'a_b',
  'a..b',
  'a\n',
  'a\u0000',
  'é',
  'x.'.repeat(127),
])('%j is none', (text) => {
  expect([isLabelName(text), isSubdomainName(text)]).toEqual([false, false]);
});

it('is not too long', () => {
  expect(isSubdomainName(Array.from({ length: 127 }, () => 'a').join('.'))).toBe(true);
  expect(isSubdomainName(Array.from({ length: 128 }, () => 'a').join('.'))).toBe(false);
  expect(isLabelName('x'.repeat(64))).toBe(false);
});
