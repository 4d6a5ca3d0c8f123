/**
 * `meerkat liveness`: whether containers are to be restarted because their logs say so. Exit code 0 alive, 1 dead, 2 neither.
 */
import type { ApiLiveness } from '../http/contract/workloads.ts';
import { systemClock } from '../base/clock.ts';
import { AgentError, EXIT_CODES } from '../base/errors.ts';
import { formatInstant } from '../model/text.ts';
import { TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { type Answer, ask } from './lib/client.ts';
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
  if (line === undefined) return EXIT_CODES.ok.code;
  const [place = ''] = line.positionals;
  if (!PLACE.test(place))
    throw mistake('Name the workload as NAMESPACE/WORKLOAD, or a pod as NAMESPACE/pod/POD.', SPEC);
  const said = livenessIn(await ask(line.target, `/api/v1/liveness/${place}?format=json&by=person`));
  await print(line.json ? `${JSON.stringify(said)}\n` : render(place, said, systemClock.now()));
  return EXIT[said.state];
}

/** What is dead is 503. @throws {AgentError} `unavailable` for any other answer than an agent's */
function livenessIn({ statusCode, body }: Answer): ApiLiveness {
  if (statusCode === 200 || statusCode === 503) {
    try {
      const said = JSON.parse(body) as ApiLiveness;
      if (Object.hasOwn(EXIT, said.state)) return said;
    } catch {
      // Said below.
    }
  }
  throw new AgentError(
    'unavailable',
    `The agent answered ${statusCode}, and not whether anything lives: ${body.slice(0, 200)}`,
  );
}

function render(place: string, { node, state, containers }: ApiLiveness, now: number): string {
  if (containers.length === 0) return `${place} is unknown: no watch with liveness follows it on ${node}.\n`;
  const lines = containers.map(
    (one) =>
      `  ${one.pod}${one.container === '' ? '' : `/${one.container}`} ${one.state} since ${formatInstant(Date.parse(one.since), now)}${one.why === undefined ? '' : `: ${one.why}`}${askedWords(one, now)}`,
  );
  return [`${place} on ${node} is ${state}.`, ...lines, ''].join('\n');
}

/** Empty where a probe asks, as it should. */
function askedWords({ asked, nobodyAsks }: ApiLiveness['containers'][number], now: number): string {
  if (nobodyAsks !== true) return '';
  const last =
    asked === undefined ? 'no probe has asked after it' : `no probe has since ${formatInstant(Date.parse(asked), now)}`;
  return `\n    ${last}: is its livenessProbe wired, does a NetworkPolicy stand between?`;
}
