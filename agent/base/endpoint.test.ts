import { describe, expect, it } from 'vitest';
import { formatEndpoint, parseEndpoint } from './endpoint.ts';

describe('parseEndpoint', () => {
  it.each([
    ['10.0.0.7', { host: '10.0.0.7', kind: 'ip' }],
    ['10.0.0.7:7576', { host: '10.0.0.7', kind: 'ip', port: 7576 }],
    ['fd00::7', { host: 'fd00::7', kind: 'ip' }],
    ['[fd00::7]', { host: 'fd00::7', kind: 'ip' }],
    ['[fd00::7]:7576', { host: 'fd00::7', kind: 'ip', port: 7576 }],
    ['::ffff:10.0.0.7', { host: '::ffff:10.0.0.7', kind: 'ip' }],
    ['seed-1', { host: 'seed-1', kind: 'name' }],
    ['Seed_1:65535', { host: 'seed_1', kind: 'name', port: 65_535 }],
    [
      'meerkat.meerkat.svc.cluster.local.:7576',
      { host: 'meerkat.meerkat.svc.cluster.local', kind: 'name', port: 7576 },
    ],
    ['a.de', { host: 'a.de', kind: 'name' }],
  ])('%s', (text, expected) => expect(parseEndpoint(text)).toEqual(expected));

  it.each([
    '',
    ':7576',
    '10.0.0.7:0',
    '10.0.0.7:65536',
    '10.0.0.256',
    '10.0.0.07',
    '10.0.0',
    '1.2.3.4.5',
    'fd00::7:70000:7576:1:2:3:4:5:6',
    '[fd00::7',
    '[10.0.0.7]:7576',
    '[fe80::1%eth0]:7576',
    'fe80::1%eth0',
    'seed 1',
    '-seed',
    'seed-',
    'a..b',
    'http://seed:7576',
    'seed:port',
    `${'a'.repeat(64)}.de`,
    Array.from({ length: 64 }, () => 'abcd').join('.'),
  ])('takes %j for none', (text) => expect(parseEndpoint(text)).toBeUndefined());
});

it.each([
  ['10.0.0.7', '10.0.0.7:1'],
  ['fd00::7', '[fd00::7]:1'],
  ['seed-1', 'seed-1:1'],
])('writes %s with a port as %s', (host, expected) => expect(formatEndpoint({ host, port: 1 })).toBe(expected));
