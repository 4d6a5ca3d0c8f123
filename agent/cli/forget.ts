/**
 * `meerkat forget`: removes a member that does not come back, or forgets that a component was on a node. Exit code 0 done,
 * 1 refused, 2 the agent could not be asked or cannot tell.
 */
import { AgentError, messageOf } from '../base/errors.ts';
import { type CommandLine, type Target, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { type Answer, askFor, messageIn, order } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat forget NODE [--json] [OPTION…]
       meerkat forget [NODE] --check ID [--json] [OPTION…]

The first removes a member from the cluster that does not come back: all agents forget it. One that is alive is not
removed, and one that was removed is a member again as soon as its agent runs.
The second is for a component that was removed for good: the agent that is asked forgets that it was seen on its node.

  --check ID          the check that misses it; ask the agent on that node
${TARGET_USAGE}
Both need the token of the agent that is asked: the file that --token-file names, else http.tokenFile of the
configuration of this machine's agent (MEERKAT_HTTP_TOKEN_FILE).

Exit codes: 0 done, 1 refused, 2 the agent could not be asked, or cannot tell now.
`;

const FORGET_EXIT = { done: 0, refused: 1, unasked: 2 } as const;

export async function run(args: readonly string[]): Promise<number> {
  const spec = { usage: USAGE, options: ['check'], maxPositionals: 1 };
  const line = parseCommandLine(args, spec);
  if (line === undefined) return FORGET_EXIT.done;
  if (line.positionals[0] === undefined && line.text['check'] === undefined)
    throw mistake('Name the node to be removed, or a check with --check.', spec);
  try {
    const target = await withToken(line.target);
    const answer = await order(target, await pathFor(line, target));
    return await tell(answer, line.json);
  } catch (error) {
    if (!(error instanceof AgentError) || error.exit === 'usage') throw error;
    process.stderr.write(`${messageOf(error)}\n`);
    return FORGET_EXIT.unasked;
  }
}

/** What the API is asked for. */
async function pathFor({ positionals: [node], text }: CommandLine, target: Target): Promise<string> {
  const check = text['check'];
  if (check === undefined) return `/api/v1/members/${encodeURIComponent(node ?? '')}/forget`;
  const where = node ?? (await ownNode(target));
  return `/api/v1/nodes/${encodeURIComponent(where)}/checks/${encodeURIComponent(check)}/forget`;
}

async function ownNode(target: Target): Promise<string> {
  const { view } = JSON.parse(await askFor(target, '/api/v1/status?format=json')) as { view: { node: string } };
  return view.node;
}

/** The agent's own file where none is named; without one the agent says what to do. */
async function withToken(target: Target): Promise<Target> {
  if (target.tokenFile !== undefined) return target;
  const { configFrom } = await import('./lib/config.ts');
  const { tokenFile } = configFrom([]).http;
  return tokenFile === '' ? target : { ...target, tokenFile };
}

async function tell({ statusCode, body }: Answer, json: boolean): Promise<number> {
  if (statusCode === 200) {
    await print(json ? `${body}\n` : `${messageIn(body, statusCode)}\n`);
    return FORGET_EXIT.done;
  }
  const isRefused = statusCode >= 400 && statusCode < 500 && statusCode !== 429;
  if (json) await print(`${body}\n`);
  else process.stderr.write(`${messageIn(body, statusCode)}\n`);
  return isRefused ? FORGET_EXIT.refused : FORGET_EXIT.unasked;
}
