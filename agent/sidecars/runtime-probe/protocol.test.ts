import { expect, it } from 'vitest';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import {
  decodeAnswer,
  decodeAttached,
  decodeRequest,
  decodeSeen,
  encodeAnswer,
  encodeAttached,
  encodeRequest,
  encodeSeen,
} from './protocol.ts';

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
  { kind: 'ok', runtime: 'containerd 2.1.0', phases, fromPod: 'silent' },
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

it('carries the question in the middle and its answer', () => {
  expect(decodeAttached(encodeAttached(['10.244.1.9', 'fd00::9']))).toEqual(['10.244.1.9', 'fd00::9']);
  for (const seen of ['answered', 'silent', undefined] as const) expect(decodeSeen(encodeSeen(seen))).toBe(seen);
});

it.each(['', '{}', '{"attached":[]}', '{"attached":["localhost"]}', '{"attached":"10.0.0.1"}', '{"kind":"ok"}'])(
  'takes for no such question: %s',
  (line) => {
    expect(decodeAttached(line)).toBeUndefined();
  },
);

it.each(['', 'null', '{"pod":"unknown"}', '{"pod":["silent"]}', '{"pod":"loud"}'])(
  'concludes nothing from %s',
  (line) => {
    expect(decodeSeen(line)).toBeUndefined();
  },
);
