/** A page that is served live over a generated cluster: the diagnosis and the HTTP interface are the agent's own. */
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { startSimulation } from '../../../agent/simulated.ts';

export interface SimulatedServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** `webDirectory`: the built page. */
export async function startSimulated(count: number, webDirectory: string): Promise<SimulatedServer> {
  const log = createLog('silent', 'simulated');
  const simulation = await startSimulation({ count, port: 0, webDirectory }, { clock: systemClock, log });
  return { origin: new URL(simulation.urls[0] ?? '').origin, stop: () => simulation.stop() };
}
