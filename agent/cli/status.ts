/** `meerkat status`: what is broken, since when and why, as one agent sees it. */
import { EXIT_CODES } from '../base/errors.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { askFor } from './lib/client.ts';
import { columnsOf, foldHead, print } from './lib/output.ts';

const USAGE = `Usage: meerkat status [--json] [OPTION…]

What is broken, where, since when and why, as the node sees it that is asked, with a line for each node. A single
node comes with the state of every check.

${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, { usage: USAGE, options: [], maxPositionals: 0 });
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await askFor(line.target, `/status?format=${line.json ? 'json' : 'text'}`);
  await print(line.json ? `${body}\n` : foldHead(body, columnsOf(process.stdout)));
  return EXIT_CODES.ok.code;
}
