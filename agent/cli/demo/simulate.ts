/** One page with a generated cluster, until it is told to stop. */
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { EXIT_CODES } from '../../base/errors.ts';
import { endProcess } from '../../base/exit.ts';
import { createLog } from '../../base/log.ts';
import { startSimulation } from '../../simulated.ts';
import { findPorts } from './places.ts';
import { toldToStop } from '../lib/signals.ts';

export interface SimulateOptions {
  /** How many nodes. */
  readonly count: number;
  /** Undefined: 7575, or another one when that is taken. */
  readonly port: number | undefined;
}

/** @throws {AgentError} `unavailable` when the port is taken */
export async function runSimulation({ count, port }: SimulateOptions): Promise<number> {
  const told = toldToStop();
  const ports = await findPorts(['127.0.0.1'], port);
  if (ports.note !== undefined) process.stdout.write(`${ports.note}\n`);
  const simulation = await startSimulation(
    { count, port: ports.base, webDirectory: webDirectory() },
    { clock: systemClock, log: createLog('warn', 'simulated') },
  );
  process.stdout.write(greeting(count, simulation.urls[0] ?? ''));
  if (!told.aborted) await new Promise((resolve) => told.addEventListener('abort', resolve, { once: true }));
  await simulation.stop();
  return endProcess(EXIT_CODES.ok.code);
}

/** Beside the sources it is built into `web/dist`; the bundle carries it along. */
const webDirectory = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../web/dist' : './web', import.meta.url));

const greeting = (count: number, url: string): string =>
  [
    `A SIMULATED cluster of ${count} nodes: no agent runs, and nothing that it shows is real.`,
    `  page    ${url}`,
    `  status  curl -s ${url}/status`,
    'It changes slowly. Ctrl-C ends it.',
    '',
  ].join('\n');
