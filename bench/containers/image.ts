/** The image as it ships, from nothing but Debian's packages and this repository, and what its layers weigh. */
import { execFile } from 'node:child_process';
import { createReadStream, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { run } from '../../test/lab/lib/lab/run.ts';
import type { ManifestContainers } from '../../test/lab/lib/manifest-containers.ts';
import { ROOT } from '../../test/lib/manifest.ts';
import type { Figure } from '../lib/table.ts';

export const IMAGE = 'meerkat:bench';
const BASE = 'meerkat-bench-base:1';
/** In the order of the Dockerfile. */
const LAYERS = ['Debian and Node', 'the program and its page', 'the node-problem-detector plugin'] as const;
const MIB = 1024 * 1024;

/**
 * Needs mmdebstrap and a mirror of Debian, and a minute of both processors, where there is no archive.
 *
 * @param archive of `deploy/base-image NAME:TAG FILE`; empty: the base is made anew
 */
export async function makeImage({ docker, build, env }: ManifestContainers, archive: string): Promise<void> {
  if (archive === '') await promisify(execFile)(join(ROOT, 'deploy/base-image'), [BASE, 'docker'], { cwd: ROOT, env });
  const loaded = archive === '' ? BASE : /image: (\S+)/.exec(await docker('load', '--input', archive))?.[1];
  if (loaded === undefined) throw new Error(`${archive} is no archive of an image with a name.`);
  await build(loaded, IMAGE);
}

interface Weight {
  readonly unpackedBytes: number;
  /** By gzip at its usual level, as it lies in a registry and is pulled. */
  readonly packedBytes: number;
}

/** @param directory for the archive of the image, a few hundred MiB */
export async function imageFigures({ docker }: ManifestContainers, directory: string): Promise<Figure[]> {
  const place = join(directory, 'saved');
  mkdirSync(place);
  await docker('save', '--output', join(place, 'image.tar'), IMAGE);
  await run('tar', ['-xf', join(place, 'image.tar'), '-C', place], { timeoutMs: 120_000 });
  const [manifest] = JSON.parse(readFileSync(join(place, 'manifest.json'), 'utf8')) as { readonly Layers: string[] }[];
  const layers = manifest?.Layers ?? [];
  if (layers.length !== LAYERS.length)
    throw new Error(`The image has ${layers.length} layers and not ${LAYERS.length}.`);
  const weights: Weight[] = [];
  for (const layer of layers) weights.push(await weigh(join(place, layer)));
  const sum = (of: keyof Weight): number => weights.reduce((total, one) => total + one[of], 0);
  return [
    figure('image', { unpackedBytes: sum('unpackedBytes'), packedBytes: sum('packedBytes') }),
    ...weights.map((weight, index) => figure(`layer: ${LAYERS[index]}`, weight)),
  ].flat();
}

async function weigh(path: string): Promise<Weight> {
  let packedBytes = 0;
  await pipeline(createReadStream(path), createGzip(), async (packed: AsyncIterable<Buffer>) => {
    for await (const chunk of packed) packedBytes += chunk.length;
  });
  return { unpackedBytes: statSync(path).size, packedBytes };
}

const figure = (what: string, { unpackedBytes, packedBytes }: Weight): Figure[] => [
  { what: `${what}, unpacked`, value: unpackedBytes / MIB, unit: 'MiB' },
  { what: `${what}, compressed`, value: packedBytes / MIB, unit: 'MiB', note: 'gzip, as in a registry' },
];
