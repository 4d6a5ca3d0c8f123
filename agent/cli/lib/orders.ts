/** What commands that change something have in common: the token, and what is told of the answer. */
import { AgentError, messageOf } from '../../base/errors.ts';
import type { Target } from './arguments.ts';
import { type Answer, messageIn } from './client.ts';
import { print } from './output.ts';

export const ORDER_EXIT = { done: 0, refused: 1, unasked: 2 } as const;

export const ORDER_USAGE = `the token of the agent that is asked: the file that --token-file names, else http.tokenFile of the
configuration of this machine's agent (MEERKAT_HTTP_TOKEN_FILE).

Exit codes: 0 done, 1 refused, 2 the agent could not be asked, or cannot tell now.
`;

/**
 * Gives an order with the token, and prints the answer.
 *
 * @throws {AgentError} `usage` for options that cannot be used
 */
export async function giveOrder(
  target: Target,
  json: boolean,
  give: (target: Target) => Promise<Answer>,
): Promise<number> {
  try {
    return await tell(await give(await withToken(target)), json);
  } catch (error) {
    if (!(error instanceof AgentError) || error.exit === 'usage') throw error;
    process.stderr.write(`${messageOf(error)}\n`);
    return ORDER_EXIT.unasked;
  }
}

/** The agent's own file where none is named; without one the agent says what to do. */
export async function withToken(target: Target): Promise<Target> {
  if (target.tokenFile !== undefined) return target;
  const { configFrom } = await import('./config.ts');
  const { tokenFile } = configFrom([]).http;
  return tokenFile === '' ? target : { ...target, tokenFile };
}

async function tell({ statusCode, body }: Answer, json: boolean): Promise<number> {
  if (statusCode === 200) {
    await print(json ? `${body}\n` : `${messageIn(body, statusCode)}\n`);
    return ORDER_EXIT.done;
  }
  const isRefused = statusCode >= 400 && statusCode < 500 && statusCode !== 429;
  if (json) await print(`${body}\n`);
  else process.stderr.write(`${messageIn(body, statusCode)}\n`);
  return isRefused ? ORDER_EXIT.refused : ORDER_EXIT.unasked;
}
