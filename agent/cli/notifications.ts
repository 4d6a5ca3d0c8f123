/** `meerkat notifications`: who is told of what is wrong, what was told by whom, and what is silenced. */
import { EXIT_CODES } from '../base/errors.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { askFor } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat notifications [--json] [OPTION…]

The receivers that are told of what is wrong, the node whose agent tells each of them first, what waits, what failed, what
was told lately by any agent, and what is silenced.

${TARGET_USAGE}`;

const SPEC = { usage: USAGE, options: [], maxPositionals: 0 };

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await askFor(line.target, `/api/v1/notifications?format=${line.json ? 'json' : 'text'}`);
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}
