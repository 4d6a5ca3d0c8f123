/** Asks a container engine whether it is there and whether it can still say what it runs. */
import type { DockerEngine } from '../../../checks/lib/docker-engine.ts';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { within } from './limit.ts';
import { createPhases } from './phases.ts';

/** Ends before the check's own deadline of 2.5 s: the answer still arrives where the node is so busy that it takes a while. */
const LIMIT_MS = 1700;

/** Phases `ping` and `list`. Never rejects. */
export async function ping(engine: DockerEngine, clock: Clock, signal: AbortSignal): Promise<RuntimeProbeAnswer> {
  const phases = createPhases(clock);
  try {
    await within(LIMIT_MS, clock, signal, async (bound) => {
      await phases.run('ping', () => engine.ping(bound));
      await phases.run('list', () => engine.listOne(bound));
    });
    return phases.succeeded(engine.name());
  } catch (error) {
    return phases.failed(engine.name(), error);
  }
}
