/** Meerkat's agents, from the bundle that ships, without checks. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiMembers } from '../../agent/http/contract.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { CHECKS } from '../../checks/registry.ts';
import { BUNDLE, BUNDLE_FLAGS } from '../../tools/build/run.ts';
import { type Ask, createAsk } from './ask.ts';
import type { EventRound, Product, View } from './fleet.ts';
import type { Place, Running, Site } from './site.ts';

const HTTP_PORT = 7575;
const MESH_PORT = 7576;
/** As the image starts it. */
const MEERKAT = [...BUNDLE_FLAGS, BUNDLE];
/** The one check that the author runs, against a port of this process. */
const CHECK = 'kubelet';
/** Agents that every other one asks first. */
const SEEDS = 3;
/** A run a second, a second one to confirm it, and time to spare. */
const CHANGE_WITHIN_MS = 30_000;
const ARRIVE_WITHIN_MS = 60_000;
/** Nobody is judged before everybody was looked at: six probes, ten seconds at most. */
const SETTLED_MS = 8000;

/** Its agents are those of that site. Rejects when the bundle makes no key. */
export async function createMeerkat(site: Site): Promise<Product> {
  const keys = mkdtempSync(join(tmpdir(), 'meerkat-bench-key-'));
  execFileSync(process.execPath, [...MEERKAT, 'key', 'new', '--data-directory', keys], { stdio: 'ignore' });
  const patient = await startPatient(site.ownAddress);
  const ask = createAsk(HTTP_PORT);
  const { pollMs, eventPollMs } = pacesFor(site.places.length);
  return {
    name: 'meerkat',
    pollMs,
    seenBy: `/api/v1/members of every agent, asked every ${pollMs} ms`,
    port: MESH_PORT,
    settledMs: SETTLED_MS,
    async start(place) {
      for (const file of ['cluster.key', 'cluster.id']) copyFileSync(join(keys, file), join(place.directory, file));
      const args = [...MEERKAT, 'agent', ...flagsOf(place, site), ...checkFlags(place, site, patient.url)];
      return place.start(process.execPath, args, /https?:\/\//);
    },
    async view({ address }) {
      const members = await ask<ApiMembers>(address, '/api/v1/members');
      return members === undefined ? undefined : toView(members);
    },
    eventBy:
      'a check of one agent whose outcome is flipped: from the time of its log line to the timeline of each other agent, ' +
      `asked every ${eventPollMs} ms`,
    event: (author, running, signal) => spreadOne(author, running, { site, patient, ask, pollMs: eventPollMs, signal }),
    async close() {
      ask.close();
      await patient.close();
      rmSync(keys, { recursive: true, force: true });
    },
  };
}

/** Many agents are asked more seldom, and their lists are longer: the asking must not be what keeps them busy. */
function pacesFor(agents: number): { readonly pollMs: number; readonly eventPollMs: number } {
  if (agents <= 16) return { pollMs: 25, eventPollMs: 20 };
  if (agents <= 32) return { pollMs: 100, eventPollMs: 60 };
  return agents <= 64 ? { pollMs: 500, eventPollMs: 150 } : { pollMs: 1000, eventPollMs: 250 };
}

function flagsOf({ name, address, directory }: Place, { places }: Site): string[] {
  const seeds = places
    .filter((other) => other.name !== name)
    .slice(0, SEEDS)
    .map((other) => `${other.address}:${MESH_PORT}`);
  const flags: Record<string, string> = {
    'node.name': name,
    'data-directory': directory,
    'http.address': address,
    'http.port': String(HTTP_PORT),
    'mesh.addresses': address,
    'mesh.port': String(MESH_PORT),
    'mesh.seeds': seeds.join(','),
  };
  return Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
}

/** Every check off but the author's one. */
function checkFlags({ name }: Place, { places }: Site, url: string): string[] {
  const isAuthor = places[0]?.name === name;
  return [
    ...CHECKS.filter(({ id }) => !isAuthor || id !== CHECK).flatMap(({ id }) => [`--checks.${id}.enabled`, 'false']),
    ...(isAuthor ? [`--checks.${CHECK}.endpoint`, url] : []),
    ...(isAuthor ? [`--checks.${CHECK}.interval-seconds`, '1', `--checks.${CHECK}.timeout-seconds`, '0.9'] : []),
  ];
}

const toView = ({ members, digest }: ApiMembers): View => ({
  members: new Map(members.map(({ node, state, since }) => [node, { state, since }])),
  digest,
});

/** What the author's check looks at. */
interface Patient {
  readonly url: string;
  /** Falls ill, or recovers. Returns which of the two. */
  flip(): Promise<'raised' | 'cleared'>;
  close(): Promise<void>;
}

/**
 * What is wrong with it, twice each: a problem that comes a third time within ten minutes comes and goes, and is told as
 * one.
 */
const ILLNESSES = ['unwell', 'silent', 'gone'] as const;
const TWICE = 2;

async function startPatient(address: string): Promise<Patient> {
  let illness: (typeof ILLNESSES)[number] | undefined;
  let illnesses = 0;
  const server = createServer((_request, response) => {
    if (illness === 'silent') return;
    response.writeHead(illness === undefined ? 200 : 500).end(illness === undefined ? 'ok' : 'not well');
  });
  const listen = (port: number): Promise<void> =>
    new Promise((done, fail) => {
      server.once('error', fail).listen(port, address, done);
    });
  const stop = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}/healthz`,
    async flip() {
      const before = illness;
      illness = before === undefined ? ILLNESSES[Math.floor(illnesses / TWICE) % ILLNESSES.length] : undefined;
      if (before === undefined) illnesses += 1;
      if (before === 'gone') await listen(port);
      if (illness === 'gone') await stop();
      return illness === undefined ? 'cleared' : 'raised';
    },
    close: async () => (illness === 'gone' ? undefined : stop()),
  };
}

interface Spreading {
  readonly site: Site;
  readonly patient: Patient;
  readonly ask: Ask;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

async function spreadOne(
  author: Place,
  running: ReadonlyMap<string, Running>,
  { site, patient, ask, pollMs, signal }: Spreading,
): Promise<EventRound> {
  const log = running.get(author.name);
  if (log === undefined) throw new Error(`${author.name} does not run`);
  const from = log.output().length;
  const kind = await patient.flip();
  const flippedAt = Date.now();
  const at = await changedAt(log, from, kind, signal);
  const others = site.places.filter(({ name }) => name !== author.name && running.has(name));
  const arrivals = others.map(async ({ name, address }): Promise<[string, number | undefined]> => {
    const end = at + ARRIVE_WITHIN_MS;
    while (Date.now() < end) {
      const timeline = await ask<ApiTimeline>(address, '/api/v1/timeline?limit=20');
      // The time of a raised problem is the start of the run that saw it first; the last of its kind is seconds older.
      const found = timeline?.events.some(
        (event) => event.kind === kind && event.node === author.name && Date.parse(event.at) > flippedAt - 1000,
      );
      if (found === true) return [name, Date.now() - at];
      await sleep(pollMs, undefined, { signal });
    }
    return [name, undefined];
  });
  return { arrivals: new Map(await Promise.all(arrivals)) };
}

/** Unix ms of the line with which the agent logs that its check changed. */
async function changedAt(log: Running, from: number, kind: string, signal: AbortSignal): Promise<number> {
  const end = performance.now() + CHANGE_WITHIN_MS;
  while (performance.now() < end) {
    const lines = log.output().slice(from).split('\n');
    const line = lines.find((one) => one.includes('a check changed') && one.includes(`"kind":"${kind}"`));
    const time = /"time":"([^"]+)"/.exec(line ?? '')?.[1];
    if (time !== undefined) return Date.parse(time);
    await sleep(5, undefined, { signal });
  }
  throw new Error(`the author's check was not ${kind} within ${CHANGE_WITHIN_MS} ms:\n${log.output().slice(-2000)}`);
}
