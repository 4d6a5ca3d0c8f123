/** `meerkat matrix`: what each node sees of the others. */
import { EXIT_CODES } from '../base/errors.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { askFor } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat matrix [--json] [OPTION…]

The links that are not good, and every pair of nodes as one character.

${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, { usage: USAGE, options: [], maxPositionals: 0 });
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await askFor(line.target, `/api/v1/matrix?format=${line.json ? 'json' : 'text'}`);
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}
