import { expect, it } from 'vitest';
import { FRAME_BYTES } from './frame.ts';
import {
  type Call,
  MAX_PATHS,
  decodeCall,
  decodeKnock,
  decodeKnocked,
  decodeOrders,
  encodeCall,
  encodeKnock,
  encodeKnocked,
  encodeOrders,
} from './messages.ts';

const CALL: Call = {
  startedAt: 1_767_225_600_000,
  addresses: ['10.244.1.5', 'fd00:244:1::5'],
  reached: true,
  leaving: false,
  paths: [
    { address: '10.244.2.5', short: { misses: 1, lost: 2, sent: 10 } },
    {
      address: 'fd00:244:3::5',
      short: { misses: 0, lost: 0, sent: 3 },
      full: { bytes: 1450, misses: 3, lost: 3, sent: 3 },
      rttMs: 0.251,
    },
  ],
};

it('are read as they were written', () => {
  expect(decodeCall(encodeCall(CALL))).toEqual(CALL);
  expect(decodeOrders(encodeOrders(['10.244.1.5', 'fd00::5']))).toEqual(['10.244.1.5', 'fd00::5']);
  expect(decodeKnock(encodeKnock('fd00::5'))).toBe('fd00::5');
  for (const heard of [true, false]) expect(decodeKnocked(encodeKnocked(heard))).toBe(heard);
});

it('fit into one datagram that passes everywhere', () => {
  const path = {
    address: '10.244.100.100',
    short: { misses: 1000, lost: 10, sent: 10 },
    full: { bytes: 9000, misses: 1000, lost: 10, sent: 10 },
    rttMs: 123.456,
  };
  const call = { ...CALL, paths: Array.from({ length: MAX_PATHS }, () => path) };
  expect(encodeCall(call).byteLength + FRAME_BYTES + 28).toBeLessThan(1280);
});

const asText = (change: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...JSON.parse(Buffer.from(encodeCall(CALL)).toString()), ...change });

it.each<[string, string]>([
  ['no JSON', '<html>'],
  ['a list', '[]'],
  ['nothing', 'null'],
  ['an address that is none', asText({ addresses: ['localhost'] })],
  ['a path to no address', asText({ paths: [['localhost', 0, 0, 0, 0, 0, 0, 0, 0]] })],
  ['no address', asText({ addresses: [] })],
  ['a negative count', asText({ paths: [['10.0.0.2', -1, 0, 0, 0, 0, 0, 0, 0]] })],
  ['half a path', asText({ paths: [['10.0.0.2', 1, 0, 0]] })],
  ['too many paths', asText({ paths: Array.from({ length: 17 }, () => ['10.0.0.2', 0, 0, 0, 0, 0, 0, 0, 0]) })],
])('are no call: %s', (_, text) => {
  expect(decodeCall(Buffer.from(text))).toBeUndefined();
});

it.each<[string, string]>([
  ['no JSON', '{'],
  ['a name', '{"addresses":["localhost"]}'],
  ['too many', JSON.stringify({ addresses: Array.from({ length: 17 }, () => '10.0.0.1') })],
])('are no orders: %s', (_, text) => {
  expect(decodeOrders(Buffer.from(text))).toBeUndefined();
});

it.each(['{', '{"address":"localhost"}', '{"address":["10.0.0.1"]}', '{"addresses":["10.0.0.1"]}'])(
  'are no knock: %s',
  (text) => {
    expect(decodeKnock(Buffer.from(text))).toBeUndefined();
  },
);

it.each([[[]], [[2]], [[1, 0]]])('are no word of a knock: %j', (bytes) => {
  expect(decodeKnocked(Uint8Array.from(bytes))).toBeUndefined();
});
