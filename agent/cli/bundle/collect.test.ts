import { expect, it } from 'vitest';
import { AgentError } from '../../base/errors.ts';
import type { Answer } from '../lib/client.ts';
import { collect, fileOf } from './collect.ts';

const target = { host: 'm1', port: 7575 };
const json = (value: unknown): Answer => ({ statusCode: 200, body: JSON.stringify(value) });
const STATUS = json({ view: { node: 'm1' } });
const NODES = json({
  nodes: [
    { node: 'm1', status: 'ok' },
    { node: 'w1', status: 'problem' },
    { node: 'w2', status: 'ok' },
  ],
});
const CHECKS = json({
  checks: [
    { check: 'disk', readings: [{}] },
    { check: 'dns', readings: [] },
  ],
});

/** By the beginning of the path; anything else is answered with text. */
const answering = (answers: Readonly<Record<string, () => Answer>>) => {
  const all: typeof answers = {
    '/api/v1/status': () => STATUS,
    '/api/v1/nodes?': () => NODES,
    '/api/v1/checks': () => CHECKS,
    ...answers,
  };
  const asked: string[] = [];
  const ask = async (_target: unknown, path: string): Promise<Answer> => {
    asked.push(path);
    const found = Object.entries(all).find(([prefix]) => path.startsWith(prefix));
    return found === undefined ? { statusCode: 200, body: 'text' } : found[1]();
  };
  return { asked, ask };
};
const names = (files: readonly { readonly name: string }[]): string[] => files.map(({ name }) => name);

it.each(['<html>', '{"ok":true}', 'null'])('leaves out what is no agent: %s', async (body) => {
  const { ask } = answering({ '/api/v1/status': () => ({ statusCode: 200, body }) });
  expect(await collect(target, 1, '-1h', { ask })).toEqual({
    files: [],
    leftOut: [{ name: 'm1:7575', why: 'what answers there is no Meerkat agent' }],
  });
});

it('asks for everything, of nodes that are not fine with their checks, of checks that measure with samples', async () => {
  const { asked, ask } = answering({});
  const { files, leftOut } = await collect(target, 2, '2026-01-01T00:00:00Z', { ask });

  expect(leftOut).toEqual([]);
  expect(names(files)).toEqual([
    '2-m1/status.json',
    '2-m1/status.txt',
    '2-m1/nodes.json',
    '2-m1/nodes/m1.json',
    '2-m1/nodes/w1.json',
    '2-m1/members.json',
    '2-m1/matrix.json',
    '2-m1/matrix.txt',
    '2-m1/signals.json',
    '2-m1/events.json',
    '2-m1/events.txt',
    '2-m1/alerts.json',
    '2-m1/rules.json',
    '2-m1/timeline.json',
    '2-m1/timeline.txt',
    '2-m1/metrics.txt',
    '2-m1/checks.json',
    '2-m1/samples/disk.json',
  ]);
  expect(asked).toContain('/api/v1/series?check=disk&from=2026-01-01T00%3A00%3A00Z&points=240&format=json');
});

it('says what is left out and why, and goes on', async () => {
  const { ask } = answering({
    '/api/v1/timeline': () => ({ statusCode: 503, body: '{"message":"the disk is full"}' }),
    '/metrics': () => ({ statusCode: 200, body: 'x'.repeat(9 * 1024 * 1024) }),
  });
  const { files, leftOut } = await collect(target, 1, 'now', { ask });

  expect(leftOut).toMatchObject([
    { name: '1-m1/timeline.json', why: 'the disk is full' },
    { name: '1-m1/timeline.txt', why: 'the disk is full' },
    { name: '1-m1/metrics.txt', why: expect.stringContaining('more than 8388608') },
  ]);
  expect(names(files)).toContain('1-m1/samples/disk.json');
});

it('is one line for an agent that does not answer at all', async () => {
  const { asked, ask } = answering({
    '/api/v1/status': () => {
      throw new AgentError('unavailable', 'No agent listens at m1:7575.');
    },
  });

  expect(await collect(target, 1, 'now', { ask })).toEqual({
    files: [],
    leftOut: [{ name: 'm1:7575', why: 'No agent listens at m1:7575.' }],
  });
  expect(asked).toHaveLength(1);
});

it('gives an agent up that hangs in the middle', async () => {
  const hang = (): never => {
    throw new AgentError('unavailable', 'm1:7575 did not answer within 10 s.');
  };
  const { asked, ask } = answering({ '/api/v1/m': hang, '/api/v1/timeline': hang, '/metrics': hang });
  const { leftOut } = await collect(target, 1, 'now', { ask });

  // Status in two forms, nodes, two of them in detail, and two that hang.
  expect(asked).toHaveLength(7);
  expect(leftOut.at(-1)).toEqual({ name: '1-m1/checks.json', why: 'm1:7575 did not answer 2 times in a row' });
});

it('stops at a mistake on the command line', async () => {
  const { ask } = answering({
    '/api/v1/status': () => {
      throw new AgentError('usage', '--token-file: ENOENT');
    },
  });

  await expect(collect(target, 1, 'now', { ask })).rejects.toThrow('--token-file');
});

it.each([
  ['w1.example.org', 'w1.example.org'],
  ['../../etc/passwd', '__.._etc_passwd'],
  ['..', '_'],
  ['a b/c', 'a_b_c'],
  ['', '_'],
])('names a file for %j', (name, file) => {
  expect(fileOf(name)).toBe(file);
});
