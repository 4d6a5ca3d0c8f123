/** Really starts a container: creates one, starts it, waits for it and removes it. */
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { within } from './limit.ts';
import { createPhases } from './phases.ts';
import type { ContainerRuntime } from './runtime.ts';
import { sweep } from './sweep.ts';

/** Ends before the check's own deadline of 8 s, so that the answer still arrives. */
const LIMIT_MS = 7000;
/** A list is cheap: a runtime that takes longer hangs. */
const LIST_LIMIT_MS = 2000;

export interface StartOptions {
  /** Name of the container; never used before. */
  readonly name: string;
  readonly instance: string;
}

export interface StartDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Takes over a container that may still exist when the run failed. */
  readonly cleanUp: (name: string) => void;
}

/**
 * Phases `list`, `image`, those of the runtime (`create`, `start`, `wait`, …), `remove`; `total` is from the first of the
 * runtime's to remove. Never rejects.
 */
export async function start(
  runtime: ContainerRuntime,
  { name, instance }: StartOptions,
  { clock, signal, cleanUp }: StartDeps,
): Promise<RuntimeProbeAnswer> {
  const phases = createPhases(clock);
  let mayExist = false;
  try {
    await within(LIMIT_MS, clock, signal, async (bound) => {
      await phases.run('list', () =>
        within(LIST_LIMIT_MS, clock, bound, (soon) => sweep(runtime, instance, clock, soon)),
      );
      const image = await phases.run('image', () => runtime.image(bound));
      // A runtime that does not answer in time may create it all the same.
      mayExist = true;
      const startedAt = clock.monotonic();
      await runtime.live({ name, instance, image }, phases, bound);
      await phases.run('remove', () => runtime.remove(name, bound));
      phases.note('total', clock.monotonic() - startedAt);
      mayExist = false;
    });
    return phases.succeeded(runtime.name());
  } catch (error) {
    if (mayExist) cleanUp(name);
    return phases.failed(runtime.name(), error);
  }
}
