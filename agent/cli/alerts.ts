/**
 * `meerkat alerts`: what fires by the rules on events, logs and checks. Exit code 0 nothing fires, 1 something does, 2 nobody
 * could be asked, or something that does not fire cannot be judged.
 */
import { EXIT_CODES } from '../base/errors.ts';
import type { ApiAlerts } from '../http/contract/alerts.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { UNASKED, firstAnswer } from './lib/asking.ts';
import { pathOf } from './lib/client.ts';
import { print } from './lib/output.ts';
import { FROM_USAGE } from './lib/targets.ts';

const USAGE = `Usage: meerkat alerts [--firing] [--json] [OPTION…]

What fires by the rules, and what was over a while ago: since when, about what, and the node whose agent judged it. Rules
that cannot be judged now are named, because their silence says nothing. meerkat status tells what is wrong with the cluster.

  --firing            only what fires
${FROM_USAGE}, one after the other until one answers
${TARGET_USAGE}
Exit codes: 0 nothing fires, and every rule could be judged; 1 something fires; 2 unknown: nothing fires as far as is known,
but a rule could not be judged, or no agent could be asked. Rules that came with Meerkat do not count where no agent can read
events, as outside Kubernetes or without the right.
`;

const SPEC = { usage: USAGE, options: ['from'], flags: ['firing'], maxPositionals: 0 };

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const firing = line.flags.has('firing') ? 'true' : undefined;
  const body = await firstAnswer(line, pathOf('/api/v1/alerts', { firing, format: 'json' }), SPEC);
  if (body === undefined) return UNASKED;
  const said = JSON.parse(body) as ApiAlerts;
  if (line.json) await print(`${body}\n`);
  else {
    const { renderAlerts } = await import('../http/text-alerts.ts');
    await print(renderAlerts(said));
  }
  return exitOf(said);
}

/** Something that fires is certain, whatever else could not be judged. */
export function exitOf({ missing, firing, omitted = 0, unknown }: Said): number {
  if (firing > 0 || omitted > 0) return 1;
  return missing !== undefined || unknown.some(({ moot }) => moot !== true) ? UNASKED : 0;
}

type Said = Pick<ApiAlerts, 'missing' | 'firing' | 'omitted' | 'unknown'>;
