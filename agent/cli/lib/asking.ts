/** Questions whose answer decides the exit code: 2 where there is none. */
import { AgentError, messageOf } from '../../base/errors.ts';
import type { CommandLine, CommandSpec, Target } from './arguments.ts';
import { askFor } from './client.ts';
import { targetsOf } from './targets.ts';

/** Nobody could be asked, or nobody can tell. */
export const UNASKED = 2;
/** An agent that takes longer is left for the next one, where there is one. */
const ASK_WITHIN_MS = 10_000;

/**
 * What the first of the agents answers that does, in the order of `--from`; undefined where none does. Who did not is told on
 * standard error.
 *
 * @throws {AgentError} `usage` for a question that an agent refuses, and for options that cannot be used
 */
export async function firstAnswer(
  { target, text }: Pick<CommandLine, 'target' | 'text'>,
  path: string,
  spec: Pick<CommandSpec, 'usage'>,
  question: (target: Target, path: string, timeoutMs: number) => Promise<string> = askFor,
): Promise<string | undefined> {
  for (const one of targetsOf(text['from'], target, spec)) {
    try {
      return await question(one, path, ASK_WITHIN_MS);
    } catch (error) {
      if (!(error instanceof AgentError) || error.exit === 'usage') throw error;
      process.stderr.write(`${messageOf(error)}\n`);
    }
  }
  return undefined;
}
