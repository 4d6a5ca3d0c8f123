/**
 * What the image weighs, how soon its containers serve, and what memory each has at rest and after so many minutes in which
 * other nodes come and go, a check fails and clears, and everybody asks. The containers run in a real Docker as
 * daemonset.yaml says; the image is made anew from Debian's packages. Needs root, mmdebstrap, Docker and the bundle.
 */
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUNDLE } from '../tools/build/run.ts';
import { isProgram } from '../test/lab/lib/daemon.ts';
import { whyNoDockerd } from '../test/lab/lib/dockerd.ts';
import { whyNoLab } from '../test/lab/lib/lab/why-no-lab.ts';
import { containerOf, daemonSetOf, objectsOf, readManifest } from '../test/lib/manifest.ts';
import { type ChurnCounts, type Patient, churn, startPatient } from './containers/churn.ts';
import { imageFigures } from './containers/image.ts';
import { CONTAINERS, type ContainerName, type ContainerSite, createContainerSite } from './containers/site.ts';
import type { Usage } from './lib/process.ts';
import { type Figure, median, quantile } from './lib/table.ts';

const STARTS = 5;
const WITHIN_MS = 120_000;
/** What a start leaves behind is collected by then. */
const REST_MS = 120_000;
/** Of which the last samples are taken. */
const SAMPLE_EVERY_MS = 5000;
const SAMPLED_MS = 30_000;
const MIB = 1024 * 1024;

/** @param minutes of churn @param base archive with the image's base; empty: it is made */
export async function run(minutes: number, base: string): Promise<readonly Figure[]> {
  const missing = whyMissing();
  if (missing !== undefined) throw new Error(`The containers cannot be measured here: ${missing}.`);
  const patient = await startPatient();
  try {
    const site = await createContainerSite(patient.port, base);
    try {
      const image = await imageFigures(site.containers, site.directory);
      const starts: Figure[] = [];
      for (const name of CONTAINERS) starts.push(await startFigure(site, name));
      return [...image, ...starts, ...(await memoryFigures(site, patient, minutes))];
    } finally {
      await site.remove();
    }
  } finally {
    await patient.close();
  }
}

function whyMissing(): string | undefined {
  if (!existsSync(BUNDLE)) return 'there is no bundle, run `npm run build` first';
  const program = ['docker', 'mmdebstrap'].find((one) => !isProgram(one));
  return whyNoLab() ?? whyNoDockerd() ?? (program === undefined ? undefined : `not installed: ${program}`);
}

/** The last start is the one that goes on. */
async function startFigure(site: ContainerSite, name: ContainerName): Promise<Figure> {
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    if (round > 0) await site.stopContainer(name);
    times.push(await site.startContainer(name));
  }
  const note = `from docker start until it says that it serves, median of ${STARTS}, ${spreadOf(times)}; ${loadNote()}`;
  return { what: `start, ${name}`, value: median(times), unit: 'ms', note };
}

interface Sample {
  readonly atMs: number;
  readonly usage: Readonly<Record<ContainerName, Usage>>;
}

async function memoryFigures(site: ContainerSite, patient: Patient, minutes: number): Promise<Figure[]> {
  await Promise.all(site.peers.map((name) => site.startPeer(name)));
  await site.untilConnected(WITHIN_MS);
  await site.untilServed(WITHIN_MS);
  await sleep(REST_MS);
  const rest = await sampleFor(site, SAMPLED_MS);
  const during: Sample[] = [];
  const stop = sampleUntilStopped(site, during);
  const counts = await churn(site, patient, minutes * 60_000);
  await stop();
  await site.untilConnected(WITHIN_MS);
  const after = await sampleFor(site, SAMPLED_MS);
  console.log(describeChurn(counts, minutes));
  return CONTAINERS.flatMap((name) => figuresOf(name, minutes, { rest, during, after }));
}

const sampleOnce = async (site: ContainerSite): Promise<Sample> => ({
  atMs: performance.now(),
  usage: await site.usage(),
});

async function sampleFor(site: ContainerSite, forMs: number): Promise<readonly Sample[]> {
  const samples = [await sampleOnce(site)];
  for (let count = 0; count < forMs / SAMPLE_EVERY_MS; count += 1) {
    await sleep(SAMPLE_EVERY_MS);
    samples.push(await sampleOnce(site));
  }
  return samples;
}

function sampleUntilStopped(site: ContainerSite, into: Sample[]): () => Promise<void> {
  const over = new AbortController();
  const sampling = (async () => {
    while (!over.signal.aborted) {
      into.push(await sampleOnce(site));
      await sleep(SAMPLE_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  return async () => {
    over.abort();
    await sampling;
  };
}

interface Phases {
  readonly rest: readonly Sample[];
  readonly during: readonly Sample[];
  readonly after: readonly Sample[];
}

function figuresOf(name: ContainerName, minutes: number, { rest, during, after }: Phases): Figure[] {
  const of = (samples: readonly Sample[], key: keyof Usage): number[] => samples.map(({ usage }) => usage[name][key]);
  const figure = (when: string, samples: readonly Sample[], target: string): Figure[] => [
    {
      what: `${name}, RSS ${when}`,
      value: median(of(samples, 'rssBytes')) / MIB,
      unit: 'MiB',
      note: `summed, though its processes share the pages of files; ${spreadOf(of(samples, 'rssBytes').map((bytes) => bytes / MIB))}; ${loadNote()}`,
    },
    {
      what: `${name}, anonymous ${when}`,
      value: median(of(samples, 'anonymousBytes')) / MIB,
      unit: 'MiB',
      target,
    },
  ];
  const { requests, limits } = containerResources(name);
  return [
    ...figure('at rest', rest, `<= ${requests['memory']} (request)`),
    ...figure(`after ${minutes} min of churn`, after, `<= ${requests['memory']} (request)`),
    {
      what: `${name}, most anonymous during ${minutes} min`,
      value: Math.max(...of(during, 'anonymousBytes')) / MIB,
      unit: 'MiB',
      target: `< ${limits['memory']} (limit)`,
      note: `after each quarter ${quartersOf(of(during, 'anonymousBytes'))}; most RSS ${(Math.max(...of(during, 'rssBytes')) / MIB).toFixed(1)}; ${cpuNote(name, during)}`,
    },
  ];
}

function containerResources(name: ContainerName): ReturnType<typeof containerOf>['resources'] {
  const objects = objectsOf(readManifest());
  return containerOf(daemonSetOf(objects, name === 'overlay' ? 'meerkat-overlay' : 'meerkat'), name).resources;
}

/** So that one sees whether it goes on growing. */
const quartersOf = (values: readonly number[]): string =>
  [1, 2, 3, 4]
    .map((quarter) => ((values[Math.ceil((values.length * quarter) / 4) - 1] ?? Number.NaN) / MIB).toFixed(0))
    .join(', ');

function cpuNote(name: ContainerName, samples: readonly Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || first === last) return 'CPU not measured';
  const spent = last.usage[name].cpuSeconds - first.usage[name].cpuSeconds;
  return `CPU ${((100_000 * spent) / (last.atMs - first.atMs)).toFixed(2)} % of a core`;
}

const describeChurn = ({ ends, flips, requests, failures, streams }: ChurnCounts, minutes: number): string =>
  `${minutes} min of churn: ${ends} ends of other agents, ${flips} turns of a probed service, ${requests} requests of which ${failures} failed, ${streams} streams`;

const spreadOf = (values: readonly number[]): string =>
  `${quantile(values, 0).toFixed(1)} to ${quantile(values, 1).toFixed(1)}`;

const loadNote = (): string => `load ${loadavg()[0]?.toFixed(1)}`;
