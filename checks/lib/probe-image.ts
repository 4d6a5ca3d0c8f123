/** The image of the container that is started to see whether containers start: made in memory, never pulled. */
import { createHash } from 'node:crypto';
import { exitZeroExecutable, isProbeArch } from './elf.ts';
import { tarOf } from './tar.ts';

export interface ProbeImage {
  readonly repository: string;
  /** From the content, so that a new version never runs an old image. */
  readonly tag: string;
  /** Path of the only file in it. */
  readonly command: string;
  /** An uncompressed tar of the image's only layer. */
  readonly archive: Uint8Array;
}

/** Undefined for an architecture without a probe program. `arch` is Node's name of it. */
export function probeImage(arch: string): ProbeImage | undefined {
  if (!isProbeArch(arch)) return undefined;
  const archive = tarOf([{ name: 'probe', content: exitZeroExecutable(arch), mode: 0o755 }]);
  const tag = createHash('sha256').update(archive).digest('hex').slice(0, 12);
  return { repository: 'meerkat-probe', tag, command: '/probe', archive };
}
