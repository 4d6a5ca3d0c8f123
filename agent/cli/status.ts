/** `meerkat status`: what is broken, since when and why, as one agent sees it. */
import { systemClock } from '../base/clock.ts';
import { EXIT_CODES } from '../base/errors.ts';
import { type CommandLine, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { askFor, pathOf } from './lib/client.ts';
import { INSTANT_FORMS, instantOf } from './lib/instant.ts';
import { colour, columnsOf, foldHead, print, wantsColour } from './lib/output.ts';
import { FROM_USAGE, targetsOf } from './lib/targets.ts';

const USAGE = `Usage: meerkat status [--at TIME | --from HOST,HOST | --watch [SECONDS]] [--json] [OPTION…]

What is broken, where, since when and why, as the node sees it that is asked, with a line for each node. A single
node comes with the state of every check.

  --at TIME           what the node that is asked concluded then, by its own log, and what the log cannot tell:
                      ${INSTANT_FORMS}
  --watch [SECONDS]   ask again and again, every 2 s unless told otherwise, until Ctrl-C: a terminal shows the whole
                      status, anything else gets a line for each change
${FROM_USAGE} and put together what they
                      say: which sides of a partition there are, what all say once, and what one side settles
                      for another; with --watch the next one while one does not answer
${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const spec = { usage: USAGE, options: ['from', 'at'], flags: ['watch'], maxPositionals: 1 };
  const line = parseCommandLine(args, spec);
  if (line === undefined) return EXIT_CODES.ok.code;
  const everyMs = periodOf(line);
  if (everyMs !== undefined && line.text['at'] !== undefined) {
    throw mistake('--watch and --at exclude each other.', { usage: USAGE });
  }
  if (everyMs !== undefined) return follow(line, everyMs);
  if (line.text['from'] !== undefined) return putTogether(line);
  const format = line.json ? 'json' : 'text';
  const body = await askFor(line.target, pathOf('/status', { format, at: atOf(line) }));
  await print(line.json ? `${body}\n` : foldHead(body, columnsOf(process.stdout)));
  return EXIT_CODES.ok.code;
}

/** An agent that takes longer is asked no more, where there are others. */
const ASK_WITHIN_MS = 3000;

/** `--watch` alone, or with the number behind it; undefined without. @throws {AgentError} `usage` */
export function periodOf({
  flags,
  positionals: [seconds, ...rest],
}: Pick<CommandLine, 'flags' | 'positionals'>): number | undefined {
  const spec = { usage: USAGE };
  if (!flags.has('watch')) {
    if (seconds !== undefined) throw mistake(`Too many arguments: ${[seconds, ...rest].join(' ')}.`, spec);
    return undefined;
  }
  const value = seconds === undefined ? 2 : Number(seconds);
  if (value >= 0.2 && value <= 3600) return Math.round(value * 1000);
  throw mistake(`--watch takes a number of seconds from 0.2 to 3600, not "${seconds}".`, spec);
}

async function putTogether({ target, text, json }: CommandLine): Promise<number> {
  if (text['at'] !== undefined) {
    throw mistake('--at asks one agent, by its own log: ask one of each side with --host.', { usage: USAGE });
  }
  const targets = targetsOf(text['from'], target, { usage: USAGE });
  const { mergedStatus } = await import('./status/merged.ts');
  const said = await mergedStatus(targets, json ? 'json' : 'text', {
    ask: (one, path) => askFor(one, path, ASK_WITHIN_MS),
    clock: systemClock,
  });
  await print(json ? said : foldHead(said, columnsOf(process.stdout)));
  return EXIT_CODES.ok.code;
}

function atOf({ text: { at } }: CommandLine): string | undefined {
  if (at === undefined) return undefined;
  const instant = instantOf(at, systemClock.now());
  if (instant !== undefined) return instant;
  throw mistake(`--at takes a time, not "${at}": ${INSTANT_FORMS}.`, { usage: USAGE });
}

async function follow({ target, text, json }: CommandLine, everyMs: number): Promise<number> {
  const [{ watch }, { toldToStop }] = await Promise.all([import('./status/watch.ts'), import('./lib/signals.ts')]);
  const { stdout } = process;
  const closed = new AbortController();
  // A reader that closes early (head) has what it wanted.
  stdout.on('error', () => closed.abort());
  const signal = AbortSignal.any([toldToStop(), closed.signal]);
  const targets = targetsOf(text['from'], target, { usage: USAGE });
  await watch(
    { targets, everyMs, form: json ? 'json' : stdout.isTTY ? 'screen' : 'lines' },
    {
      ask: (one, path) => askFor(one, path, ASK_WITHIN_MS, signal),
      write: (words) => void stdout.write(words),
      colour: (words) => (wantsColour() ? colour(words) : words),
      size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
      clock: systemClock,
      signal,
    },
  );
  return EXIT_CODES.ok.code;
}
