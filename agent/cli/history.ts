/** `meerkat history [NODE] CHECK [READING]`: readings over time as small charts. */
import { EXIT_CODES } from '../base/errors.ts';
import { type CommandLine, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { askFor, pathOf } from './lib/client.ts';
import { print } from './lib/output.ts';
import { sinceToFrom } from './lib/since.ts';

const USAGE = `Usage: meerkat history [NODE] CHECK [READING] [--since 3h] [--json] [OPTION…]

The readings of a check over time; without NODE those of the node that is asked.

  --since TIME        start: 90s, 15m, 3h (default), 7d, or an instant like 2026-01-01T12:00:00Z
  --until TIME        end, in the same forms (default now)
  --subject SUBJECT   only one of several things that the check looks at
${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const spec = { usage: USAGE, options: ['since', 'until', 'subject'], maxPositionals: 3 };
  const line = parseCommandLine(args, spec);
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await askFor(line.target, seriesPath(line));
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}

/** The question to the API. @throws {AgentError} `usage` without a check */
export function seriesPath({ positionals, text, json }: CommandLine): string {
  const { node, check, reading } = assign(positionals);
  if (check === undefined) throw mistake('Name the check.', { usage: USAGE });
  return pathOf('/api/v1/series', {
    check,
    reading,
    node,
    subject: text['subject'],
    from: sinceToFrom(text['since'] ?? '3h'),
    to: text['until'] === undefined ? undefined : sinceToFrom(text['until']),
    format: json ? 'json' : 'text',
  });
}

interface Assigned {
  readonly node?: string | undefined;
  readonly check: string | undefined;
  readonly reading?: string | undefined;
}

/** A reading always has a `_` in its name, because its unit ends it; the id of a check never has one. */
function assign([first, second, third]: readonly string[]): Assigned {
  if (third !== undefined) return { node: first, check: second, reading: third };
  if (second === undefined) return { check: first };
  return second.includes('_') ? { check: first, reading: second } : { node: first, check: second };
}
