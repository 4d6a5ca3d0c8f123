/**
 * `meerkat rules test FILE`: what a file of rules would have told, before anybody is told. Exit code 0 nothing would have been
 * told, 1 something would, 2 the file has mistakes or nobody could be asked.
 */
import { readFileSync } from 'node:fs';
import { builtInRules, withBuiltIn } from '../../alerts/rules/built-in.ts';
import { readRules } from '../../alerts/rules/read-rules.ts';
import { replay } from '../../alerts/rules/replay.ts';
import type { Rule } from '../../alerts/rules/types.ts';
import { systemClock } from '../../base/clock.ts';
import { AgentError, EXIT_CODES, messageOf } from '../../base/errors.ts';
import { type CommandLine, type CommandSpec, TARGET_USAGE, mistake, parseCommandLine } from '../lib/arguments.ts';
import { UNASKED, firstAnswer } from '../lib/asking.ts';
import { print } from '../lib/output.ts';
import { FROM_USAGE } from '../lib/targets.ts';
import { secondsIn } from '../lib/time-option.ts';
import { askPast } from './past.ts';
import { jsonReport, renderReport } from './report.ts';

const USAGE = `Usage: meerkat rules test FILE [--since 24h] [--built-in] [--json] [OPTION…]
       meerkat rules test --built-in [--since 24h] [--json] [OPTION…]
       meerkat rules test FILE --syntax

Reads a file of rules and tries them on what the agents remember of events and of results of checks, as if they had held then:
what would have fired, when people would have been told, and how often. For each it says the largest number that was met
within its time, so that one finds the numbers that one wants. Of logs there is no history. No agent learns of it, and nobody
is told.

  --since TIME        on so much of the past (default 24h): 90m, 3h, 7d
  --built-in          those that come with Meerkat, too
  --syntax            only read the file; no agent is asked
${FROM_USAGE}, one after the other until one answers
${TARGET_USAGE}
Exit codes: 0 nothing would have been told; 1 something would; 2 the file has mistakes, or no agent could be asked.
`;
const SPEC: CommandSpec = {
  usage: USAGE,
  options: ['since', 'from'],
  flags: ['built-in', 'syntax'],
  maxPositionals: 1,
};
const TOLD = 1;
const WRONG = 2;

/** As `meerkat agent` would take them: that a receiver does not exist cannot be told here. */
export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const seconds = secondsIn(line.text['since'] ?? '24h');
  if (seconds === undefined)
    throw mistake(`--since must be a time like 90m, 3h or 7d, not "${line.text['since']}".`, SPEC);
  const read = rulesIn(line);
  if ('mistakes' in read) {
    process.stderr.write(`${read.mistakes.join('\n')}\n`);
    return WRONG;
  }
  const { rules } = read;
  if (line.flags.has('syntax')) {
    await print(`${rules.length === 1 ? '1 rule' : `${rules.length} rules`}, without a mistake.\n`);
    return EXIT_CODES.ok.code;
  }
  return tryOn(line, rules, seconds * 1000);
}

/** @throws {AgentError} `usage` */
function rulesIn({ positionals: [path], flags }: CommandLine): ReturnType<typeof readRules> {
  const isBuiltIn = flags.has('built-in');
  if (path === undefined && isBuiltIn) return { rules: builtInRules() };
  if (path === undefined) throw mistake('Say which FILE, or --built-in.', SPEC);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { mistakes: [`${path}: cannot be read: ${messageOf(error)}.`] };
  }
  const read = readRules(text, path);
  return 'rules' in read && isBuiltIn ? { rules: withBuiltIn(read.rules) } : read;
}

async function tryOn(line: CommandLine, rules: readonly Rule[], forMs: number): Promise<number> {
  const to = systemClock.now();
  const sources = [...new Set(rules.map(({ source }) => source))];
  try {
    const past = await askPast((path) => answer(line, path), sources, to - forMs, to);
    const report = { past, tried: replay(rules, past) };
    await print(line.json ? `${jsonReport(report)}\n` : renderReport(report));
    return report.tried.some(({ told }) => told > 0) ? TOLD : EXIT_CODES.ok.code;
  } catch (error) {
    if (!(error instanceof AgentError) || error.exit !== 'unavailable') throw error;
    return UNASKED;
  }
}

async function answer(line: CommandLine, path: string): Promise<string> {
  const body = await firstAnswer(line, path, SPEC);
  // Who did not answer, and why, is said already.
  if (body === undefined) throw new AgentError('unavailable', 'No agent could be asked.');
  return body;
}
