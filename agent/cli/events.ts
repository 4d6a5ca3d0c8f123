/**
 * `meerkat events`: what the Kubernetes API tells of its objects, from any agent, whichever reads them. Exit code 0 an agent
 * answered, whatever could be read; 2 none could be asked.
 */
import { EXIT_CODES } from '../base/errors.ts';
import { type CommandLine, TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { UNASKED, firstAnswer } from './lib/asking.ts';
import { pathOf } from './lib/client.ts';
import { print } from './lib/output.ts';
import { sinceToFrom } from './lib/since.ts';
import { FROM_USAGE } from './lib/targets.ts';

const USAGE = `Usage: meerkat events [--since 1h] [--type Warning] [--kind KIND] [--name NAME] [--json] [OPTION…]

What the Kubernetes API tells of its objects, oldest first. The last line says who reads it for all, as of when, and why not.
Events are written as best they can be, throttled and late: that there is none proves nothing.

  --since TIME        start: 90s, 15m, 1h (default), 7d, or an instant like 2026-01-01T12:00:00Z
  --until TIME        end, in the same forms (default now)
  -n, --namespace NS, --kind KIND, --name NAME   only those about such objects: --kind Pod
  --uid UID           only those about this one object
  --reason REASON     only those with this reason: BackOff
  --type TYPE         only those of this type: Warning
  --node NODE         only those from or about this node
  --limit NUMBER      the latest so many, 1 to 1000 (default 100)
  --sightings         a line each time that more was seen of one, as rules are tried on them
${FROM_USAGE}, one after the other until one answers
${TARGET_USAGE}
Exit codes: 0 an agent answered, whatever could be read; 2 none could be asked.
`;

const FILTERS = ['namespace', 'kind', 'name', 'uid', 'reason', 'type', 'node', 'limit'];
const SPEC = {
  usage: USAGE,
  options: ['from', 'since', 'until', ...FILTERS],
  flags: ['sightings'],
  short: { n: 'namespace' },
  maxPositionals: 0,
};

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await firstAnswer(line, eventsPath(line), SPEC);
  if (body === undefined) return UNASKED;
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}

/** The question to the API. */
export const eventsPath = ({ text, flags, json }: CommandLine): string =>
  pathOf(flags.has('sightings') ? '/api/v1/events/sightings' : '/api/v1/events', {
    since: sinceToFrom(text['since'] ?? '1h'),
    until: text['until'] === undefined ? undefined : sinceToFrom(text['until']),
    ...Object.fromEntries(FILTERS.map((name) => [name, text[name]])),
    format: json ? 'json' : 'text',
  });
