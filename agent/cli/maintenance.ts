/**
 * `meerkat maintenance`: says that somebody works on a node, for how long and why, or that it is done; without a node
 * lists where somebody does. Exit code 0 done, 1 refused, 2 the agent could not be asked or cannot tell.
 */
import { EXIT_CODES } from '../base/errors.ts';
import { type CommandLine, type CommandSpec, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { askFor, order, pathOf } from './lib/client.ts';
import { ORDER_USAGE, giveOrder } from './lib/orders.ts';
import { print } from './lib/output.ts';
import { secondsIn } from './lib/time-option.ts';

const USAGE = `Usage: meerkat maintenance [--json] [OPTION…]
       meerkat maintenance NODE --for TIME [--reason TEXT] [--json] [OPTION…]
       meerkat maintenance NODE --end [--json] [OPTION…]

The first lists the nodes on which somebody works.
The second says so of a node, to any agent: until then what fails there is told as info and wakes nobody. What is
critical for the cluster stays so, and the node's own health (meerkat health on it) tells its problems as ever.
The third ends it before its time; any agent may be asked. Of a node that is installed anew tell another node's agent:
with its key its word goes, too.

  --for TIME          how long at most: 90s, 45m, 2h, 1d (the limit is mesh.maintenanceMaxHours, a day by default)
  --reason TEXT       why, in up to 80 characters; all agents show it
  --end               it is done
${TARGET_USAGE}
Orders need ${ORDER_USAGE}`;

const SPEC: CommandSpec = { usage: USAGE, options: ['for', 'reason'], flags: ['end'], maxPositionals: 1 };

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const [node] = line.positionals;
  if (node === undefined) return list(line);
  const path = orderFor(node, line);
  return giveOrder(line.target, line.json, (target) => order(target, path));
}

async function list({ target, json, text, flags }: CommandLine): Promise<number> {
  if (text['for'] !== undefined || text['reason'] !== undefined || flags.has('end'))
    throw mistake('Name the node.', SPEC);
  const body = await askFor(target, `/api/v1/maintenance?format=${json ? 'json' : 'text'}`);
  await print(json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}

/** @throws {AgentError} `usage` */
function orderFor(node: string, { text, flags }: CommandLine): string {
  const path = `/api/v1/members/${encodeURIComponent(node)}/maintenance`;
  const { for: time, reason } = text;
  if (flags.has('end')) {
    if (time !== undefined || reason !== undefined) throw mistake('Give --end, or --for with --reason.', SPEC);
    return `${path}/end`;
  }
  if (time === undefined) throw mistake('Say for how long with --for, or --end.', SPEC);
  const seconds = secondsIn(time);
  if (seconds === undefined) throw mistake(`--for must be a time like 90s, 45m, 2h or 1d, not "${time}".`, SPEC);
  return pathOf(path, { for: String(seconds), reason });
}
