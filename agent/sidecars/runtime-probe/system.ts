/** The runtime probe on a real machine. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createDockerEngine } from '../../../checks/lib/docker-engine.ts';
import { createHostFiles } from '../../../checks/lib/host-files.ts';
import { probeImage } from '../../../checks/lib/probe-image.ts';
import type { RuntimeKind } from '../../../checks/lib/runtime-sockets.ts';
import { systemClock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import { createDockerRuntime } from './docker.ts';
import { createKubeletLook } from './kubelet-look.ts';
import { knockAt } from '../knock.ts';
import type { ProbeDeps } from './probe.ts';
import type { ContainerRuntime } from './runtime.ts';

/** @param hostRoot where the host's files are */
export const systemProbeDeps = (hostRoot = '/'): ProbeDeps => ({
  clock: systemClock,
  exists,
  kubeletSocket: createKubeletLook(createHostFiles(systemClock, { root: hostRoot }), systemClock),
  createRuntime,
  knockAt,
  randomId: () => randomBytes(6).toString('hex'),
});

async function createRuntime(kind: RuntimeKind, socketPath: string): Promise<ContainerRuntime> {
  if (kind === 'docker') return createDockerRuntime(createDockerEngine(socketPath), probeImage(process.arch));
  // Where the runtime is Docker's it is not loaded.
  const [{ openCri }, { createCriRuntime }] = await Promise.all([
    import('../../../checks/lib/cri/call.ts'),
    import('./cri.ts'),
  ]);
  return createCriRuntime({ clock: systemClock, open: () => openCri(socketPath) });
}

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
