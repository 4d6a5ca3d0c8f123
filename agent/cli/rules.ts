/**
 * `meerkat rules`: people's own rules and those that are built in, what each says now, and what is wrong with their file. Exit
 * code 0 the file is well, 1 it has mistakes, 2 nobody could be asked.
 */
import { EXIT_CODES } from '../base/errors.ts';
import type { ApiRules } from '../http/contract/alerts.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { UNASKED, firstAnswer } from './lib/asking.ts';
import { print } from './lib/output.ts';
import { FROM_USAGE } from './lib/targets.ts';

const USAGE = `Usage: meerkat rules [--json] [OPTION…]
       meerkat rules test FILE --help

The rules that hold: whether each fires, is silent, or is unknown because what it looks at could not be read, and what is
wrong with their file. While anything is, the rules before it hold. test tries a file of rules without an agent.

${FROM_USAGE}, one after the other until one answers
${TARGET_USAGE}
Exit codes: 0 the file is well, or there is none; 1 it has mistakes; 2 no agent could be asked, or it judges no rules.
`;

const SPEC = { usage: USAGE, options: ['from'], maxPositionals: 0 };

/** What follows `rules`, each with options of its own. */
const SUBCOMMANDS: Readonly<
  Record<string, () => Promise<{ readonly run: (args: readonly string[]) => Promise<number> }>>
> = { test: () => import('./rules/try.ts') };

export async function run(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const load = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (load !== undefined) return (await load()).run(rest);
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const json = await firstAnswer(line, '/api/v1/rules?format=json', SPEC);
  if (json === undefined) return UNASKED;
  if (line.json) await print(`${json}\n`);
  const said = JSON.parse(json) as ApiRules;
  if (!line.json) {
    const { renderRules } = await import('../http/text-alerts.ts');
    await print(renderRules(said));
  }
  return exitOf(said);
}

/** 2 where it cannot be told whether the file is well. */
const exitOf = ({ missing, file }: ApiRules): number =>
  missing !== undefined ? UNASKED : (file?.mistakes.length ?? 0) > 0 ? 1 : 0;
