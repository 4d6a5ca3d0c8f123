/** The image of the Dockerfile and the containers of daemonset.yaml in a dockerd, with the rights and mounts that they have there. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Container, ROOT, daemonSetOf, objectsOf, ofKinds, readManifest } from '../../lib/manifest.ts';
import type { Dockerd } from './dockerd.ts';
import { withSystemPath } from './lab/run.ts';

/** As the manifest's containers are. */
export const LEAST = '--read-only --cap-drop ALL --security-opt no-new-privileges';

export interface ContainerOptions {
  readonly image: string;
  /** Of Docker: `host`, `none`, `container:NAME`. */
  readonly network: string;
  /** As `runAsUser:runAsGroup`. */
  readonly user: string;
  /** Also what `$(NAME)` stands for in the arguments. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ManifestContainers {
  /** Docker's command line; resolves to what it printed. */
  readonly docker: (...args: readonly string[]) => Promise<string>;
  /** Of its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Makes the image from `base` without the network, as the Dockerfile says. */
  readonly build: (base: string, image: string) => Promise<void>;
  /** Where a volume of the manifest is on this machine; what would be a real node's own is an empty directory. */
  placeOf(volume: string): string;
  /** What follows `docker run` or `docker create`. */
  argsOf(container: Container, options: ContainerOptions): string[];
}

/** @param settings YAML that follows the agent's `config.yaml` of the manifest */
export function createManifestContainers({ directory, socketPath }: Dockerd, settings = ''): ManifestContainers {
  const objects = objectsOf(readManifest());
  const { volumes } = daemonSetOf(objects, 'meerkat').spec.template.spec;
  const env = { ...withSystemPath(), DOCKER_HOST: `unix://${socketPath}`, DOCKER_BUILDKIT: '0' };
  const docker: ManifestContainers['docker'] = async (...args) => {
    const { stdout } = await promisify(execFile)('docker', args, { env, cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
    return stdout.trim();
  };
  const placeOf = (name: string): string => {
    const path = volumes.find((volume) => volume.name === name)?.hostPath?.path ?? '';
    if (path === '/proc/1/mountinfo' || path === '/etc/machine-id') return path;
    // The runtime that is looked at is this one: its socket is called as on a node.
    if (path === '/run') return directory;
    const place = join(directory, 'volumes', name);
    mkdirSync(place, { recursive: true });
    if (name === 'config') {
      const [shipped] = ofKinds(objects, 'ConfigMap');
      writeFileSync(join(place, 'config.yaml'), `${shipped?.data['config.yaml'] ?? ''}${settings}`);
    }
    return place;
  };
  return {
    docker,
    env,
    placeOf,
    async build(base, image) {
      await docker('build', '--network', 'none', '--build-arg', `BASE=${base}`, '--tag', image, '.');
    },
    argsOf({ name, command = [], args = [], volumeMounts }, { image, network, user, env: variables }) {
      const mounts = volumeMounts.map(
        (mount) => `${placeOf(mount.name)}:${mount.mountPath}${mount.readOnly === true ? ':ro' : ''}`,
      );
      const [entrypoint, ...words] = command;
      return [
        ...`--name ${name} --network ${network} --user ${user} ${LEAST}`.split(' '),
        ...mounts.flatMap((mount) => ['--volume', mount]),
        ...Object.entries(variables).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
        ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
        image,
        ...words,
        ...args.map((one) => one.replaceAll(/\$\((\w+)\)/g, (_, variable: string) => variables[variable] ?? '')),
      ];
    },
  };
}
