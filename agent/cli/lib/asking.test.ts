import { afterEach, expect, it, vi } from 'vitest';
import { AgentError } from '../../base/errors.ts';
import { firstAnswer } from './asking.ts';

const SPEC = { usage: 'Usage: meerkat events' };
const LINE = { target: { host: '127.0.0.1', port: 7575 }, text: { from: 'n1,n2:7576,n3' } };
const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
afterEach(() => told.mockClear());

it('asks one after the other until one answers, and tells who did not', async () => {
  const asked: string[] = [];
  const answer = await firstAnswer(LINE, '/x', SPEC, ({ host, port }, path) => {
    asked.push(`${host}:${port}${path}`);
    if (host === 'n1') throw new AgentError('unavailable', 'n1 does not answer');
    return Promise.resolve('body');
  });
  expect(answer).toBe('body');
  expect(asked).toEqual(['n1:7575/x', 'n2:7576/x']);
  expect(told.mock.calls).toEqual([['n1 does not answer\n']]);
});

it('has no answer where nobody has', async () => {
  const nobody = () => Promise.reject(new AgentError('unavailable', 'gone'));
  expect(await firstAnswer(LINE, '/x', SPEC, nobody)).toBeUndefined();
  expect(told).toHaveBeenCalledTimes(3);
});

it('does not ask the next one what the first refuses, and passes on defects', async () => {
  const refused = () => Promise.reject(new AgentError('usage', 'limit=0 is not valid'));
  await expect(firstAnswer(LINE, '/x', SPEC, refused)).rejects.toThrow('limit=0');
  await expect(firstAnswer(LINE, '/x', SPEC, () => Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');
});
