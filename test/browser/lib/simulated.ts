/** A page that is served live over a generated cluster: the diagnosis and the HTTP interface are the agent's own. */
import { type Clock, systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { startSimulation } from '../../../agent/simulated.ts';

export interface SimulatedServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** What breaks in a generated cluster follows from the time alone, so the same faults come in every run. */
const BEGINS = Date.parse('2026-11-16T12:02:00Z');

/** `webDirectory`: the built page. */
export async function startSimulated(count: number, webDirectory: string): Promise<SimulatedServer> {
  const log = createLog('silent', 'simulated');
  const startedAt = systemClock.monotonic();
  const clock: Clock = { ...systemClock, now: () => BEGINS + Math.floor(systemClock.monotonic() - startedAt) };
  const simulation = await startSimulation({ count, port: 0, webDirectory }, { clock, log });
  return { origin: new URL(simulation.urls[0] ?? '').origin, stop: () => simulation.stop() };
}
