/** What pods of the lab run: images made from the machine's busybox, so that nothing is pulled; and how they end. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Snapshotter } from './containerd.ts';
import { signalIfThere } from './lab/cgroups.ts';
import type { LabHost } from './lab/types.ts';

const BUSYBOX = '/bin/busybox';
/** Of the sandbox of every pod: it waits, and `/pause -v` ends, as that of Kubernetes does. */
export const PAUSE_IMAGE = 'lab.invalid/pause:1';
const PAUSE = `#!/busybox sh
[ "$1" = -v ] && exit 0
exec /busybox sleep 1000000
`;
/** With `/busybox` only. */
export const BUSYBOX_IMAGE = 'lab.invalid/busybox:1';

/** Asks the containerd of a host's kubelet. */
export const CTR = ['--address', '/run/containerd/containerd.sock', '--namespace', 'k8s.io'];

/** Undefined: pods can run here. */
export const whyNoPodImages = (): string | undefined =>
  existsSync(BUSYBOX) ? undefined : 'busybox is not installed (package busybox-static)';

/** Both images into the containerd of a host's kubelet. */
export const loadPodImages = (host: LabHost, snapshotter: Snapshotter = 'native'): Promise<void> =>
  importImages(host, packPodImages(host.directory), snapshotter);

/** All images of an archive in the form of `docker save` into the containerd of a host's kubelet. */
export async function importImages(host: LabHost, archive: string, snapshotter: Snapshotter): Promise<void> {
  const words = [...CTR, 'images', 'import', '--snapshotter', snapshotter, archive];
  await host.exec('ctr', words, { timeoutMs: 180_000 });
}

/**
 * Both images in one archive in the form of `docker save`. Returns its path.
 * Source: https://github.com/moby/docker-image-spec/blob/main/v1.2.md
 */
export function packPodImages(parent: string): string {
  const directory = join(parent, 'pod-images');
  mkdirSync(directory, { recursive: true });
  copyFileSync(BUSYBOX, join(directory, 'busybox'));
  writeFileSync(join(directory, 'pause'), PAUSE);
  chmodSync(join(directory, 'pause'), 0o755);
  const tar = (name: string, files: readonly string[]): void =>
    void execFileSync('tar', ['-cf', join(directory, name), '-C', directory, ...files]);
  tar('layer.tar', ['busybox', 'pause']);
  const layer = createHash('sha256')
    .update(readFileSync(join(directory, 'layer.tar')))
    .digest('hex');
  const manifest = [PAUSE_IMAGE, BUSYBOX_IMAGE].map((tag, index) => {
    const config = {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: [tag === PAUSE_IMAGE ? '/pause' : '/busybox'], Labels: { image: tag } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    };
    writeFileSync(join(directory, `config-${index}.json`), JSON.stringify(config));
    return { Config: `config-${index}.json`, RepoTags: [tag], Layers: ['layer.tar'] };
  });
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest));
  tar('images.tar', ['manifest.json', 'layer.tar', ...manifest.map(({ Config }) => Config)]);
  return join(directory, 'images.tar');
}

/** Powers the host off, and ends what its pods ran: containerd keeps that in control groups of its own. */
export async function powerOffWithPods(host: LabHost): Promise<void> {
  const tasks = await host.exec('ctr', [...CTR, 'tasks', 'ls']);
  await host.powerOff();
  const pids = tasks.split('\n').flatMap((line) => /^[0-9a-f]{64}\s+(\d+)\s+RUNNING/.exec(line)?.[1] ?? []);
  for (const pid of pids) signalIfThere(Number(pid), 'SIGKILL');
}
