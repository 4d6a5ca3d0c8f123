/** `meerkat demo`: a cluster to look at, without a cluster. */
import { parseArgs } from 'node:util';
import { EXIT_CODES, messageOf } from '../base/errors.ts';
import { mistake } from './lib/arguments.ts';
import { print } from './lib/output.ts';

const NODES = { min: 2, max: 16, fallback: 5 };
const SIMULATED = { min: 1, max: 5000 };

const USAGE = `Usage: meerkat demo [--nodes N] [--port-base PORT]
       meerkat demo --simulate N [--port-base PORT]

Starts a small cluster of real agents on loopback addresses of this machine (127.0.0.11, 127.0.0.12, …), says what to
try, and leaves nothing behind when it ends. It needs no root.

  --nodes N         so many agents, ${NODES.min} to ${NODES.max}; default ${NODES.fallback}
  --port-base PORT  port of the pages, the next one is for the mesh; default 7575, or a free one when that is taken
  --simulate N      no agents: one page with a SIMULATED cluster of ${SIMULATED.min} to ${SIMULATED.max} nodes, to see what large ones look like
`;

export async function run(args: readonly string[]): Promise<number> {
  const values = parse(args);
  if (values.help === true) {
    await print(USAGE);
    return EXIT_CODES.ok.code;
  }
  if (values.sweep !== undefined) {
    await (await import('./demo/sweeper.ts')).sweepAtTheEnd(values.sweep);
    return EXIT_CODES.ok.code;
  }
  const portBase = numberIn('--port-base', values['port-base'], 1, 65_534);
  const simulate = numberIn('--simulate', values.simulate, SIMULATED.min, SIMULATED.max);
  if (simulate !== undefined) {
    if (values.nodes !== undefined) throw mistake('--nodes and --simulate exclude each other.', { usage: USAGE });
    return (await import('./demo/simulate.ts')).runSimulation({ count: simulate, port: portBase });
  }
  const count = numberIn('--nodes', values.nodes, NODES.min, NODES.max) ?? NODES.fallback;
  return (await import('./demo/cluster.ts')).runDemo({ count, portBase });
}

/** `--sweep DIRECTORY` is for the demo itself: see `demo/sweeper.ts`. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string' },
        simulate: { type: 'string' },
        'port-base': { type: 'string' },
        sweep: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw mistake(messageOf(error), { usage: USAGE });
  }
}

function numberIn(option: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw mistake(`${option} is a number from ${min} to ${max}, not "${text}".`, { usage: USAGE });
}
