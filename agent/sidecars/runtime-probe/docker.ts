/** A Docker Engine as the probe drives it. */
import type { DockerEngine } from '../../../checks/lib/docker-engine.ts';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import type { ProbeImage } from '../../../checks/lib/probe-image.ts';
import type { ContainerRuntime } from './runtime.ts';

/** @param image undefined: this architecture has no probe program */
export const createDockerRuntime = (engine: DockerEngine, image: ProbeImage | undefined): ContainerRuntime => ({
  name: () => engine.name(),
  looks: { ping: (signal) => engine.ping(signal), list: (signal) => engine.listOne(signal) },
  made: (signal) => engine.probeContainers(signal),
  remove: (nameOrId, signal) => engine.removeContainer(nameOrId, signal),
  async image(signal) {
    if (image === undefined) throw new Error('no probe program for this architecture');
    const reference = `${image.repository}:${image.tag}`;
    if (!(await engine.hasImage(reference, signal))) await engine.importImage(image, signal);
    return reference;
  },
  async live({ name, instance, image: reference }, phases, signal) {
    const order = { name, instance, image: reference, command: image?.command ?? '' };
    await phases.run('create', () => engine.createContainer(order, signal));
    await phases.run('start', () => engine.startContainer(name, signal));
    await phases.run('wait', async () => {
      const code = await engine.waitForContainer(name, signal);
      if (code !== 0) throw new EngineError('error', `the container ended with exit code ${code} instead of 0`);
    });
  },
});
