import { expect, it } from 'vitest';
import { parseCommandLine } from './arguments.ts';

const SPEC = { usage: 'Usage: meerkat x\n', options: ['since'], maxPositionals: 1 };
const parse = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  parseCommandLine(args, SPEC, environment);

it('asks this machine unless told otherwise', () => {
  expect(parse([])).toEqual({
    target: { host: '127.0.0.1', port: 7575 },
    positionals: [],
    text: {},
    flags: new Set(),
    json: false,
  });
});

it('takes the port from the environment, and the option before it', () => {
  expect(parse([], { MEERKAT_HTTP_PORT: '17575' })?.target.port).toBe(17_575);
  expect(parse(['--port', '80'], { MEERKAT_HTTP_PORT: '17575' })?.target.port).toBe(80);
});

it('reads options, the command’s own among them, and arguments', () => {
  const args = ['node-a', '--host=::1', '--json', '--since', '3h', '--token-file', '/t', '--ca', '/c'];

  expect(parse(args)).toEqual({
    target: { host: '::1', port: 7575, tokenFile: '/t', caFile: '/c' },
    positionals: ['node-a'],
    text: { since: '3h' },
    flags: new Set(),
    json: true,
  });
});

it.each([
  [['--bad'], "Unknown option '--bad'"],
  [['--since'], "Option '--since <value>' argument missing"],
  [['--json=yes'], "Option '--json' does not take an argument"],
  [['a', 'b'], 'Too many arguments: a b.'],
  [['--port', '0'], 'The port must be a number from 1 to 65535, not "0".'],
  [['--port', '65536'], 'The port must be'],
  [['--port', 'http'], 'The port must be'],
])('%j is a mistake that shows the usage', (args, message) => {
  expect(() => parse(args)).toThrow(message);
  expect(() => parse(args)).toThrow('Usage: meerkat x');
  expect(() => parse(args)).toThrow(expect.objectContaining({ exit: 'usage' }));
});
