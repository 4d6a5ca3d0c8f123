/**
 * `meerkat forget`: removes a member that does not come back, or forgets that a component was on a node. Exit code 0 done,
 * 1 refused, 2 the agent could not be asked or cannot tell.
 */
import { type CommandLine, type Target, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { askFor, order } from './lib/client.ts';
import { ORDER_EXIT, ORDER_USAGE, giveOrder } from './lib/orders.ts';

const USAGE = `Usage: meerkat forget NODE [--json] [OPTION…]
       meerkat forget [NODE] --check ID [--json] [OPTION…]

The first removes a member from the cluster that does not come back: all agents forget it. One that is alive is not
removed, and one that was removed is a member again as soon as its agent runs.
The second is for a component that was removed for good: the agent that is asked forgets that it was seen on its node.

  --check ID          the check that misses it; ask the agent on that node
${TARGET_USAGE}
Both need ${ORDER_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const spec = { usage: USAGE, options: ['check'], maxPositionals: 1 };
  const line = parseCommandLine(args, spec);
  if (line === undefined) return ORDER_EXIT.done;
  if (line.positionals[0] === undefined && line.text['check'] === undefined)
    throw mistake('Name the node to be removed, or a check with --check.', spec);
  return giveOrder(line.target, line.json, async (target) => order(target, await pathFor(line, target)));
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
