import { describe, expect, it } from 'vitest';
import { NOON } from '../../test/lib/fixtures.ts';
import { CAPTURE_QUERY } from './parameters.ts';
import { choice, instant, integer, name, parseQuery } from './query.ts';

const SPECS = {
  from: instant('Start.'),
  points: integer('Points.', 10, 2000, 300),
  failOn: choice('Severity.', ['warning', 'critical']),
  node: name('Node.'),
};
const parse = (query: unknown) => parseQuery(SPECS, query, NOON);

describe('an instant', () => {
  it.each([
    ['now', NOON],
    ['-90s', NOON - 90_000],
    ['-15m', NOON - 15 * 60_000],
    ['-3h', NOON - 3 * 3_600_000],
    ['-7d', NOON - 7 * 86_400_000],
    ['1767268800', NOON],
    ['1767268800.25', NOON + 250],
    ['2026-01-01T12:00:00Z', NOON],
    ['2026-01-01t12:00:00.500z', NOON + 500],
    ['2026-01-01T13:00:00+01:00', NOON],
    ['2026-01-01T13:00:00 01:00', NOON],
    ['2026-01-01T12:00Z', NOON],
  ])('%s is read', (text, at) => {
    expect(parse({ from: text }).from).toBe(at);
  });

  it.each(['', 'yesterday', '3h', '-3 h', '-3w', '1767268800000', '2026-01-01', '2026-13-01T00:00:00Z', '-1', '1e9'])(
    '%j is refused with what is allowed',
    (text) => {
      expect(() => parse({ from: text })).toThrow(/^from="[^"]*" is not valid: an instant like 2026-01-01T12:00:00Z/);
    },
  );
});

it.each(['10', '2000', '0300'])('the number %s is read', (text) => {
  expect(parse({ points: text }).points).toBe(Number(text));
});

it.each(['9', '2001', '-10', '1e2', '12.5', '', 'NaN', '99999999999'])('the number %j is refused', (text) => {
  expect(() => parse({ points: text })).toThrow('a whole number from 10 to 2000');
});

it('takes only the words of a choice', () => {
  expect(parse({ failOn: 'warning' }).failOn).toBe('warning');
  expect(() => parse({ failOn: 'info' })).toThrow('failOn="info" is not valid: one of warning, critical.');
});

describe('a pod whose scene is asked for', () => {
  const PLACE = { namespace: 'prod', pod: 'api-x2k4p.a', container: 'app' };

  it('is named as Kubernetes names it', () => {
    expect(parseQuery(CAPTURE_QUERY, PLACE, NOON)).toEqual(PLACE);
  });

  it.each([
    ['container', '../../kube-system_x_uid/app'],
    ['container', 'app.b'],
    ['container', ''],
    ['namespace', '..'],
    ['namespace', 'prod\u001b[31m'],
    ['pod', 'api/app'],
    ['pod', 'api\nall is well'],
  ])('is no path and no text: %s %j', (key, text) => {
    const refused = `${key}=${JSON.stringify(text)} is not valid: a name of Kubernetes: 1 to `;
    expect(() => parseQuery(CAPTURE_QUERY, { ...PLACE, [key]: text }, NOON)).toThrow(refused);
  });
});

it('refuses a key that it does not know and lists those it does', () => {
  expect(() => parse({ fro: 'now' })).toThrow('Unknown query key "fro": allowed are from, points, failOn, node.');
  expect(() => parseQuery({}, { x: '1' }, NOON)).toThrow('Unknown query key "x": this path takes none.');
});

it('refuses a key that is given twice', () => {
  expect(() => parse({ node: ['a', 'b'] })).toThrow('The query key "node" is given more than once.');
});

it('asks for what it needs', () => {
  expect(() => parseQuery({ check: name('Id of the check.', true) }, {}, NOON)).toThrow(
    'The query key "check" is missing: Id of the check.',
  );
});

it('leaves out what is not given', () => {
  expect(parse({})).toEqual({});
  expect(parse(undefined)).toEqual({});
});

it('keeps what it quotes short', () => {
  expect(() => parse({ ['k'.repeat(5000)]: '1' })).toThrow(/^Unknown query key "k{60}…"/);
});
