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
  isInTheMiddle,
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
  { ...failed, fromPod: 'answered' },
  { kind: 'none', message: 'm' },
  { kind: 'unsupported', message: 'm' },
  { kind: 'unavailable', message: 'm' },
])('carries the answer $kind', (answer) => {
  expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer);
});

it.each([
  '',
  'null',
  '{"kind":"none"}',
  '{"kind":"ok","runtime":"D","phases":{"ping":"1"}}',
  '{"kind":"ok","phases":{}}',
  '{"error":1}',
  '{"kind":"new"}',
])('does not believe the answer %s', (line) => {
  expect(decodeAnswer(line)).toBeUndefined();
});

it.each([
  [
    { error: 'the only requests are …' },
    'the runtime probe refuses, it may be of another version: the only requests are …',
  ],
  [{ ...failed, failure: 'bored' }, 'the runtime probe is of another version, and says: m'],
  [{ ...failed, phase: undefined }, 'the runtime probe is of another version, and says: m'],
  [{ ...failed, kind: 'new' }, 'the runtime probe is of another version, and says: m'],
])('takes what it cannot place for no word on the runtime: %j', (said, message) => {
  expect(decodeAnswer(JSON.stringify(said))).toEqual({ kind: 'unavailable', message });
});

it('passes over what a later version says besides', () => {
  const answer = { kind: 'ok', runtime: 'D', phases: { ...phases, added: 2 } } as const;
  expect(decodeAnswer(JSON.stringify({ ...answer, fromPod: 'faintly', added: { deep: [1] } }))).toEqual(answer);
  expect(decodeAttached('{"attached":["10.244.1.9"],"added":true}')).toEqual(['10.244.1.9']);
  expect(decodeSeen('{"pod":"silent","added":true}')).toBe('silent');
});

it.each([
  ['{"attached":["10.244.1.9"]}', true],
  ['{"added":true}', true],
  ['{"kind":"ok"}', false],
  ['{"kind":"new"}', false],
  ['{"error":"m"}', false],
  ['nonsense', false],
])('knows what is said in the middle: %s', (line, isOne) => {
  expect(isInTheMiddle(line)).toBe(isOne);
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
