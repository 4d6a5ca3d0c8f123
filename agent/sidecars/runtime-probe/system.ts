/** The runtime probe on a real machine. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createDockerEngine } from '../../../checks/lib/docker-engine.ts';
import { probeImage } from '../../../checks/lib/probe-image.ts';
import { systemClock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { ProbeDeps } from './probe.ts';

export const systemProbeDeps = (): ProbeDeps => ({
  clock: systemClock,
  exists,
  createEngine: createDockerEngine,
  image: probeImage(process.arch),
  randomId: () => randomBytes(6).toString('hex'),
});

/** Rejects where it cannot be told, for one because a directory on the way may not be read. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}
