/** `meerkat signals`: what alert managers and scripts say of workloads. */
import { EXIT_CODES } from '../base/errors.ts';
import { TARGET_USAGE, parseCommandLine } from './lib/arguments.ts';
import { askFor } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat signals [--json] [OPTION…]

What alert managers and scripts say of workloads, to any agent: what fires, and what was not said again in time and is unknown.
They say it with POST /api/v1/hooks/grafana, /api/v1/hooks/alertmanager or /api/v1/signals/NAMESPACE/WORKLOAD.

${TARGET_USAGE}`;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, { usage: USAGE, options: [], maxPositionals: 0 });
  if (line === undefined) return EXIT_CODES.ok.code;
  const body = await askFor(line.target, `/api/v1/signals?format=${line.json ? 'json' : 'text'}`);
  await print(line.json ? `${body}\n` : body);
  return EXIT_CODES.ok.code;
}
