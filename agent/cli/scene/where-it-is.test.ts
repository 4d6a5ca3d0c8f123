import { describe, expect, it } from 'vitest';
import { AgentError } from '../../base/errors.ts';
import type { Target } from '../lib/arguments.ts';
import type { Answer } from '../lib/client.ts';
import { askWhereItIs } from './where-it-is.ts';

const TARGET: Target = { host: '10.0.0.1', port: 7575, tokenFile: '/token', caFile: '/ca' };
const SCENE: Answer = { statusCode: 200, body: 'the scene' };
const elsewhere = (...urls: readonly unknown[]): Answer => ({
  statusCode: 404,
  body: JSON.stringify({ code: 'Elsewhere', message: 'The agent of w1 has scene x: ask there.', node: 'w1', urls }),
});

/** Who is asked answers with what is said of its host; others not at all. */
async function follow(answers: Readonly<Record<string, Answer>>, target = TARGET) {
  const asked: Target[] = [];
  const said: string[] = [];
  const ask = (one: Target): Promise<Answer> => {
    asked.push(one);
    const answer = answers[one.host];
    return answer === undefined
      ? Promise.reject(new AgentError('unavailable', `No agent listens at ${one.host}.`))
      : Promise.resolve(answer);
  };
  const given = askWhereItIs(target, 'x', 'text', ask, (words) => void said.push(words));
  const answer = await given.catch((error: unknown) => error);
  return { answer, asked, said };
}

describe('a scene', () => {
  it('comes from who is asked, or from who has it: with the same token and authority', async () => {
    expect(await follow({ '10.0.0.1': SCENE })).toMatchObject({ answer: SCENE, asked: [TARGET] });
    const { answer, asked, said } = await follow({
      '10.0.0.1': elsewhere('https://10.0.0.7:7575/', 'https://[fd00::7]:7576/'),
      'fd00::7': SCENE,
    });
    expect(answer).toEqual(SCENE);
    expect(asked).toEqual([TARGET, { ...TARGET, host: '10.0.0.7' }, { ...TARGET, host: 'fd00::7', port: 7576 }]);
    expect(said).toEqual([
      'The agent of w1 has it, says 10.0.0.1: asking 10.0.0.7:7575 with the same token.',
      'The agent of w1 has it, says 10.0.0.1: asking [fd00::7]:7576 with the same token.',
    ]);
  });

  it('is not asked for by a name, nor without TLS where the first was asked with it', async () => {
    const given = elsewhere('https://agent.example.org:7575/', 'http://10.0.0.7:7575/', 'ftp://10.0.0.7/');
    expect((await follow({ '10.0.0.1': given, '10.0.0.7': SCENE })).asked).toEqual([TARGET]);
    const plain: Target = { host: '10.0.0.1', port: 7575 };
    const { asked, said } = await follow({ '10.0.0.1': given, '10.0.0.7': SCENE }, plain);
    expect(asked).toEqual([plain, { ...plain, host: '10.0.0.7' }]);
    expect(said).toEqual(['The agent of w1 has it, says 10.0.0.1: asking 10.0.0.7:7575.']);
  });

  it('that nobody has is not looked for', async () => {
    const nowhere = { statusCode: 404, body: '{"code":"NotFound","message":"There is none."}' };
    expect(await follow({ '10.0.0.1': nowhere })).toMatchObject({ answer: nowhere, asked: [TARGET] });
    const odd = { statusCode: 404, body: '<html>' };
    expect((await follow({ '10.0.0.1': odd })).answer).toEqual(odd);
  });

  it('is not followed for ever, and what went wrong is told', async () => {
    const { answer, asked } = await follow({
      '10.0.0.1': elsewhere('https://10.0.0.7:7575/', 'nonsense', 7, 'https://10.0.0.8:7575/'),
      '10.0.0.7': elsewhere('https://10.0.0.1:7575/'),
    });
    expect(asked.map(({ host }) => host)).toEqual(['10.0.0.1', '10.0.0.7', '10.0.0.8']);
    expect(answer).toBeInstanceOf(AgentError);
    expect((answer as AgentError).message).toBe(
      'The agent of w1 has scene x: ask there.\n10.0.0.7: it has it no more\nNo agent listens at 10.0.0.8.',
    );
  });
});
