/** `meerkat nodes [NODE]`: every node in short, or one with its checks. */
import { EXIT_CODES } from '../base/errors.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { askFor } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat nodes [NODE] [--json] [OPTION…]

Every node that the agent knows in short, or everything it knows of one.

${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, { usage: USAGE, options: [], maxPositionals: 1 });
  if (line === undefined) return EXIT_CODES.ok.code;
  const [node] = line.positionals;
  const path = node === undefined ? '/api/v1/nodes' : `/api/v1/nodes/${encodeURIComponent(node)}`;
  const body = await askFor(line.target, `${path}?format=${line.json ? 'json' : 'text'}`);
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}
