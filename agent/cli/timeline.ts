/** `meerkat timeline`: what changed, where and when. */
import { EXIT_CODES } from '../base/errors.ts';
import { type CommandLine, TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { askFor, pathOf } from './lib/client.ts';
import { print } from './lib/output.ts';
import { sinceToFrom } from './lib/since.ts';

const USAGE = `Usage: meerkat timeline [--since 24h] [--json] [OPTION…]

What changed, oldest first.

  --since TIME        start: 90s, 15m, 3h, 24h (default), 7d, or an instant like 2026-01-01T12:00:00Z
  --until TIME        end, in the same forms (default now)
  --node NODE         only what changed on this node
  --check CHECK       only what this check saw
  --limit NUMBER      the newest so many, 1 to 1000 (default 100)
${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const spec = { usage: USAGE, options: ['since', 'until', 'node', 'check', 'limit'], maxPositionals: 0 };
  const line = parseCommandLine(args, spec);
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await askFor(line.target, timelinePath(line));
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}

/** The question to the API. */
export const timelinePath = ({ text, json }: CommandLine): string =>
  pathOf('/api/v1/timeline', {
    from: sinceToFrom(text['since'] ?? '24h'),
    to: text['until'] === undefined ? undefined : sinceToFrom(text['until']),
    node: text['node'],
    check: text['check'],
    limit: text['limit'],
    format: json ? 'json' : 'text',
  });
