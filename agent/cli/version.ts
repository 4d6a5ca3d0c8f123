/** `meerkat version`. */
import { AgentError, EXIT_CODES } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { print } from './lib/output.ts';

const USAGE = 'Usage: meerkat version\n';

export async function run(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === '--help' || first === '-h') {
    await print(USAGE);
    return EXIT_CODES.ok.code;
  }
  if (first !== undefined) throw new AgentError('usage', `Unknown argument ${first}.\n\n${USAGE}`);
  await print(`meerkat ${VERSION} (Node.js ${process.version}, ${process.platform}/${process.arch})\n`);
  return EXIT_CODES.ok.code;
}
