import { expect, it } from 'vitest';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './protocol.ts';

it('has two requests', () => {
  expect(decodeRequest(encodeRequest('ping'))).toBe('ping');
  expect(decodeRequest(encodeRequest('start'))).toBe('start');
});

it.each([
  '',
  'ping',
  '"ping"',
  'null',
  '[]',
  '{}',
  '{"probe":"stop"}',
  '{"probe":["ping"]}',
  '{"probe":"start","image":"x"}',
])('refuses %s', (line) => {
  expect(decodeRequest(line)).toBeUndefined();
});

const phases = { ping: 1.5 };
const failed = { kind: 'failed', runtime: 'D', failure: 'hung', phase: 'list', message: 'm', phases } as const;

it.each<RuntimeProbeAnswer>([
  { kind: 'ok', runtime: 'Docker 27.3.1', phases },
  failed,
  { ...failed, failure: 'refused', configured: true },
  { kind: 'none', message: 'm' },
  { kind: 'unsupported', message: 'm' },
  { kind: 'unavailable', message: 'm' },
])('carries the answer $kind', (answer) => {
  expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer);
});

it.each([
  '',
  'null',
  '{"error":"m"}',
  '{"kind":"none"}',
  '{"kind":"ok","runtime":"D","phases":{"ping":"1"}}',
  '{"kind":"ok","phases":{}}',
  JSON.stringify({ ...failed, failure: 'bored' }),
  JSON.stringify({ ...failed, phase: undefined }),
  JSON.stringify({ ...failed, kind: 'new' }),
])('does not believe the answer %s', (line) => {
  expect(decodeAnswer(line)).toBeUndefined();
});
