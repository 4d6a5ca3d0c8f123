/** Asks a container runtime whether it is there and whether it can still say what it runs. */
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { within } from './limit.ts';
import { createPhases } from './phases.ts';
import type { ContainerRuntime } from './runtime.ts';

/** Ends before the check's own deadline of 2.5 s: the answer still arrives where the node is so busy that it takes a while. */
const LIMIT_MS = 1700;

/** Phases `ping`, `list`, and what else the runtime can be asked. Never rejects. */
export async function ping(runtime: ContainerRuntime, clock: Clock, signal: AbortSignal): Promise<RuntimeProbeAnswer> {
  const phases = createPhases(clock);
  try {
    await within(LIMIT_MS, clock, signal, async (bound) => {
      for (const [phase, look] of Object.entries(runtime.looks)) await phases.run(phase, () => look(bound));
    });
    return phases.succeeded(runtime.name());
  } catch (error) {
    return phases.failed(runtime.name(), error);
  }
}
