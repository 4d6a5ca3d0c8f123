/** Really starts a container: creates one, starts it, waits for it and removes it. */
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { within } from './limit.ts';
import { createPhases } from './phases.ts';
import type { ContainerRuntime } from './runtime.ts';
import { removeLeftovers } from './sweep.ts';

/** Ends before the check's own deadline of 8 s, so that the answer still arrives. */
const LIMIT_MS = 7000;
/** Phases that are no part of a container's life. */
const BEFORE = ['list', 'sweep', 'image'];
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
 * Phases `list`, `sweep`, `image`, those of the runtime (`create`, `start`, `wait`, …), `remove`; `total` is that of all but the
 * first three. Never rejects.
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
      const made = await phases.run('list', () => within(LIST_LIMIT_MS, clock, bound, (soon) => runtime.made(soon)));
      await phases.run('sweep', () => removeLeftovers(runtime, made, { instance, clock, signal: bound }));
      const image = await phases.run('image', () => runtime.image(bound));
      // A runtime that does not answer in time may create it all the same.
      mayExist = true;
      await runtime.live({ name, instance, image }, phases, bound);
      await phases.run('remove', () => runtime.remove(name, bound));
      phases.noteTotal('total', BEFORE);
      mayExist = false;
    });
    return phases.succeeded(runtime.name());
  } catch (error) {
    if (mayExist) cleanUp(name);
    return phases.failed(runtime.name(), error);
  }
}
