import { expect, it } from 'vitest';
import { AgentError } from '../base/errors.ts';
import { run } from './runtime-probe.ts';

it.each([[[]], [['--socket', '']], [['--socket', '/s', '--image', 'x']], [['--socket', '/s', 'ping']]])(
  'refuses the arguments %j and says what is allowed',
  async (args) => {
    const error: unknown = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({ exit: 'usage', message: expect.stringContaining('--runtime-socket PATH') });
  },
);
