import { expect, it } from 'vitest';
import { pathOfScope, verdictOf } from './health.ts';

it.each([
  ['node', '/health/node'],
  ['cluster', '/health/cluster'],
  ['check:disk-space', '/health/check/disk-space'],
])('the scope %s asks %s', (scope, path) => {
  expect(pathOfScope(scope)).toBe(path);
});

it.each(['', 'check:', 'check:../x', 'nodes', 'check:A'])('the scope %j is a mistake', (scope) => {
  expect(() => pathOfScope(scope)).toThrow(expect.objectContaining({ exit: 'usage' }));
});

it.each([
  [200, 'OK 3 checks looked\n', 'ok'],
  [503, 'PROBLEM KubeletDown: x\n', 'problem'],
  [504, 'UNKNOWN starting\n', 'unknown'],
])('%d %j is %s', (statusCode, body, verdict) => {
  expect(verdictOf({ statusCode, body })).toEqual({ verdict, text: body });
});

it.each([
  [200, '<html>It works!</html>', 'UNKNOWN the agent answered 200: is this a Meerkat agent?'],
  [200, 'UNKNOWN a proxy changed the status\n', 'UNKNOWN the agent answered 200: is this a Meerkat agent?'],
  [503, 'Service Unavailable', 'UNKNOWN the agent answered 503: is this a Meerkat agent?'],
  [401, '{"code":"Unauthorized","message":"needs a token"}', 'UNKNOWN the agent answered 401: needs a token'],
  [
    404,
    '{"code":"NotFound","message":"There is no check “x”"}',
    'UNKNOWN the agent answered 404: There is no check "x"',
  ],
  [502, '', 'UNKNOWN the agent answered 502: is this a Meerkat agent?'],
])('%d %j is unknown, never fine and never a problem', (statusCode, body, text) => {
  expect(verdictOf({ statusCode, body })).toEqual({ verdict: 'unknown', text });
});

it('keeps a foreign answer to one line of 80 bytes', () => {
  const { text } = verdictOf({ statusCode: 500, body: JSON.stringify({ message: 'ä\n'.repeat(500) }) });

  expect(text).toMatch(/^[\u0020-\u007e]{1,80}$/);
});
