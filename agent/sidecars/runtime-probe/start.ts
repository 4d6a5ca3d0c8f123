/** Really starts a container: creates one from an image made in memory, starts it, waits for it and removes it. */
import type { DockerEngine } from '../../../checks/lib/docker-engine.ts';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import type { ProbeImage } from '../../../checks/lib/probe-image.ts';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { within } from './limit.ts';
import { createPhases, type Phases } from './phases.ts';
import { sweep } from './sweep.ts';

/** Ends before the check's own deadline of 8 s, so that the answer still arrives. */
const LIMIT_MS = 7000;
/** A list is cheap: an engine that takes longer hangs. */
const LIST_LIMIT_MS = 2000;

export interface StartOptions {
  readonly image: ProbeImage;
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

/** Phases `list`, `image`, `create`, `start`, `wait`, `remove`; `total` is from create to remove. Never rejects. */
export async function start(
  engine: DockerEngine,
  options: StartOptions,
  { clock, signal, cleanUp }: StartDeps,
): Promise<RuntimeProbeAnswer> {
  const phases = createPhases(clock);
  let mayExist = false;
  try {
    await within(LIMIT_MS, clock, signal, async (bound) => {
      await phases.run('list', () =>
        within(LIST_LIMIT_MS, clock, bound, (soon) => sweep(engine, options.instance, clock, soon)),
      );
      await phases.run('image', () => provideImage(engine, options.image, bound));
      // An engine that does not answer in time may create it all the same.
      mayExist = true;
      await liveAndDie(engine, options, phases, clock, bound);
      mayExist = false;
    });
    return phases.succeeded(engine.name());
  } catch (error) {
    if (mayExist) cleanUp(options.name);
    return phases.failed(engine.name(), error);
  }
}

async function provideImage(engine: DockerEngine, image: ProbeImage, signal: AbortSignal): Promise<void> {
  if (await engine.hasImage(referenceOf(image), signal)) return;
  await engine.importImage(image, signal);
}

async function liveAndDie(
  engine: DockerEngine,
  { name, image, instance }: StartOptions,
  phases: Phases,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonic();
  const order = { name, instance, image: referenceOf(image), command: image.command };
  await phases.run('create', () => engine.createContainer(order, signal));
  await phases.run('start', () => engine.startContainer(name, signal));
  await phases.run('wait', async () => {
    const code = await engine.waitForContainer(name, signal);
    if (code !== 0) throw new EngineError('error', `the container ended with exit code ${code} instead of 0`);
  });
  await phases.run('remove', () => engine.removeContainer(name, signal));
  phases.note('total', clock.monotonic() - startedAt);
}

const referenceOf = (image: ProbeImage): string => `${image.repository}:${image.tag}`;
