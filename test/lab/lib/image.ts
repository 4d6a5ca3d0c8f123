/** The image as it ships: of Debian's packages, this repository, and nothing else. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUNDLE } from '../../../tools/build/run.ts';
import { ROOT } from '../../lib/manifest.ts';
import { isProgram } from './daemon.ts';
import { createDockerd, whyNoDockerd } from './dockerd.ts';
import { createManifestContainers } from './manifest-containers.ts';

/** Undefined: it can be made here. */
export const whyNoPackedImage = (): string | undefined =>
  whyNoDockerd() ??
  ['docker', 'mmdebstrap'].map((name) => (isProgram(name) ? undefined : `not installed: ${name}`)).find(Boolean) ??
  (existsSync(BUNDLE) ? undefined : 'there is no bundle: run `npm run build` first');

export interface PackedImage {
  /** Path, in the form of `docker save`. */
  readonly archive: string;
  readonly sizeBytes: number;
  /** What it adds to the base. */
  readonly ownBytes: number;
}

/** Makes it as docs/operations.md says for where no registry is to be reached, into an archive in that directory. */
export async function packImage(tag: string, directory: string): Promise<PackedImage> {
  const dockerd = createDockerd();
  const base = 'meerkat-lab-base:1';
  try {
    await dockerd.start();
    const { docker, build, env } = createManifestContainers(dockerd);
    await promisify(execFile)(join(ROOT, 'deploy/base-image'), [base, 'docker'], { cwd: ROOT, env });
    await build(base, tag);
    const archive = join(directory, 'image.tar');
    await docker('save', '--output', archive, tag);
    const sizeOf = async (image: string): Promise<number> =>
      Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
    const sizeBytes = await sizeOf(tag);
    return { archive, sizeBytes, ownBytes: sizeBytes - (await sizeOf(base)) };
  } finally {
    await dockerd.cleanUp();
  }
}
