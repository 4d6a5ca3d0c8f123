/**
 * `meerkat silence`: says of which findings nobody wants to hear for a while, lists what is silenced, or ends it. Exit code 0
 * done, 1 refused, 2 the agent could not be asked or cannot tell.
 */
import { EXIT_CODES } from '../base/errors.ts';
import { type CommandLine, type CommandSpec, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { askFor, order, remove } from './lib/client.ts';
import { ORDER_USAGE, giveOrder } from './lib/orders.ts';
import { print } from './lib/output.ts';
import { secondsIn } from './lib/time-option.ts';

const USAGE = `Usage: meerkat silence list [--json] [OPTION…]
       meerkat silence add --for TIME [--reason REASON] [--node NODE] [--comment TEXT] [--json] [OPTION…]
       meerkat silence end ID [--json] [OPTION…]

add says of which findings nobody is told until then, neither that they stand nor that they are over: those with this
reason, those about this node, or where both are given those that are both. They are found and shown as ever. What still
stands when the silence ends is told then. Any agent may be asked, and any may end it.

  --for TIME          for how long: 90s, 45m, 2h, 30d at most
  --reason REASON     a reason as meerkat status --json and docs/diagnosis.md name it: NodeUnreachable
  --node NODE         the name of a node
  --comment TEXT      why, in up to 120 characters; all agents show it
${TARGET_USAGE}
Orders need ${ORDER_USAGE}`;

const SPEC: CommandSpec = { usage: USAGE, options: ['for', 'reason', 'node', 'comment'], maxPositionals: 2 };
const PATH = '/api/v1/silences';

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const { target, json, positionals } = line;
  const [verb = 'list', id] = positionals;
  if (verb === 'end' && id !== undefined)
    return giveOrder(target, json, (at) => remove(at, `${PATH}/${encodeURIComponent(id)}`));
  if (verb === 'add' && id === undefined) {
    const body = orderIn(line);
    return giveOrder(target, json, (at) => order(at, PATH, undefined, body));
  }
  if (verb !== 'list' || id !== undefined) throw mistake('Say list, add, or end with an ID.', SPEC);
  const said = await askFor(target, `${PATH}?format=${json ? 'json' : 'text'}`);
  await print(json ? `${said}\n` : said);
  return EXIT_CODES.ok.code;
}

/** @throws {AgentError} `usage` */
function orderIn({ text: { for: time, reason, node, comment } }: CommandLine): string {
  if (reason === undefined && node === undefined) throw mistake('Say what with --reason, --node, or both.', SPEC);
  if (time === undefined) throw mistake('Say for how long with --for.', SPEC);
  const forSeconds = secondsIn(time);
  if (forSeconds === undefined) throw mistake(`--for must be a time like 90s, 45m, 2h or 1d, not "${time}".`, SPEC);
  return JSON.stringify({ reason, node, forSeconds, comment });
}
