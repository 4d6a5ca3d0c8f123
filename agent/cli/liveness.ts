/**
 * `meerkat liveness`: whether containers are to be restarted because their logs say so. Exit code 0 alive, 1 dead, 2 neither,
 * or the agent could not be asked.
 */
import type { ApiLiveness } from '../http/contract/workloads.ts';
import { systemClock } from '../base/clock.ts';
import { formatInstant } from '../model/text.ts';
import { TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { askFor } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat liveness NAMESPACE/WORKLOAD [--json] [OPTION…]
       meerkat liveness NAMESPACE/pod/POD [--json] [OPTION…]

Of the containers on the agent's node that a watch with liveness follows (checks.logs.watches): alive, dead, suppressed
(a restart is not what helps) or unknown, and why.

${TARGET_USAGE}`;

const SPEC = { usage: USAGE, options: [], maxPositionals: 1 };
const PLACE = /^[a-z0-9][a-z0-9.-]*(\/pod)?\/[a-z0-9][a-z0-9.-]*$/;
const EXIT = { alive: 0, dead: 1, suppressed: 2, unknown: 2 } as const;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return 0;
  const [place = ''] = line.positionals;
  if (!PLACE.test(place))
    throw mistake('Name the workload as NAMESPACE/WORKLOAD, or a pod as NAMESPACE/pod/POD.', SPEC);
  const body = await askFor(line.target, `/api/v1/liveness/${place}?format=json`);
  const said = JSON.parse(body) as ApiLiveness;
  await print(line.json ? `${body}\n` : render(place, said, systemClock.now()));
  return EXIT[said.state];
}

function render(place: string, { node, state, containers }: ApiLiveness, now: number): string {
  if (containers.length === 0) return `${place} is unknown: no watch with liveness follows it on ${node}.\n`;
  const lines = containers.map(
    (one) =>
      `  ${one.pod}/${one.container} ${one.state} since ${formatInstant(Date.parse(one.since), now)}${one.why === undefined ? '' : `: ${one.why}`}`,
  );
  return [`${place} on ${node} is ${state}.`, ...lines, ''].join('\n');
}
