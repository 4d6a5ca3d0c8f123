import { describe, expect, it } from 'vitest';
import { canonicalAddress, isLoopback, isUndialable, parseAddress } from './address.ts';

describe('canonicalAddress', () => {
  it.each([
    ['10.0.0.7:7576', '10.0.0.7:7576'],
    ['[FD00:0:0:0::7]:7576', '[fd00::7]:7576'],
    ['[::ffff:10.0.0.7]:1', '10.0.0.7:1'],
    ['[0:0:0:0:0:ffff:a00:7]:1', '10.0.0.7:1'],
    ['[::1]:65535', '[::1]:65535'],
  ])('writes %s as %s', (given, expected) => expect(canonicalAddress(given)).toBe(expected));

  it.each([
    '',
    'node-1:7576',
    '10.0.0.7',
    '10.0.0.7:65536',
    '10.0.0.256:1',
    'fd00::7:7576',
    '[fe80::1%eth0]:1',
    '1.2.3.4:-1',
    '[::1',
    '10.0.0.07:1',
  ])('takes %j for no address', (given) => expect(canonicalAddress(given)).toBeUndefined());
});

it.each([
  ['0.0.0.0:1', true],
  ['10.0.0.1:0', true],
  ['224.0.0.1:1', true],
  ['255.255.255.255:1', true],
  ['[::]:1', true],
  ['[ff02::1]:1', true],
  ['[fe80::1]:1', true],
  ['10.0.0.1:1', false],
  ['[fd00::1]:1', false],
])('%s undialable: %s', (text, expected) => {
  const address = parseAddress(text);
  expect(address !== undefined && isUndialable(address)).toBe(expected);
});

it.each([
  ['127.3.0.1:1', true],
  ['[::1]:1', true],
  ['10.0.0.1:1', false],
  ['[::2]:1', false],
])('%s loopback: %s', (text, expected) => {
  const address = parseAddress(text);
  expect(address !== undefined && isLoopback(address)).toBe(expected);
});
