/**
 * Serf's agents with its profile `lan`. What they think is read from their logs as it is written: the core's own lines,
 * a second earlier than Serf tells its event handlers.
 */
import { execFile, execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { EventRound, Product, Said, View } from './fleet.ts';
import type { Place, Running, Site } from './site.ts';

const GOSSIP_PORT = 7946;
const RPC_PORT = 7373;
/** Members that every other one asks first. */
const SEEDS = 3;
const POLL_MS = 10;
const ARRIVE_WITHIN_MS = 60_000;

/** Undefined where it is not installed. */
export function serfVersion(): string | undefined {
  try {
    // Debian builds it without its number.
    const asked = execFileSync('dpkg-query', ['--show', '--showformat', '${Version}', 'serf'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return asked.toString().replace(/[~+-].*$/, '');
  } catch {
    return installed();
  }
}

export function createSerf(site: Site, version: string): Product {
  const logs = new WeakMap<Running, LogReader>();
  let events = 0;
  return {
    name: `serf ${version}`,
    pollMs: POLL_MS,
    seenBy: `every agent's log, read every ${POLL_MS} ms`,
    port: GOSSIP_PORT,
    settledMs: 1000,
    start: (place) => place.start('serf', ['agent', ...flagsOf(place, site)], /Serf agent running!/),
    view: async (_place, running) => readerOf(logs, running).view(),
    eventBy: 'a user event without coalescing: from the log line of its author to that of each other agent',
    event(author, running, signal) {
      events += 1;
      return spreadOne(author, running, `bench-${events}`, signal);
    },
    close: async () => {},
  };
}

function installed(): string | undefined {
  try {
    return /\d[\w.-]*/.exec(execFileSync('serf', ['version'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())?.[0];
  } catch {
    return undefined;
  }
}

function flagsOf({ name, address }: Place, { places }: Site): string[] {
  const seeds = places.filter((other) => other.name !== name).slice(0, SEEDS);
  return [
    `-node=${name}`,
    `-bind=${address}:${GOSSIP_PORT}`,
    `-rpc-addr=${address}:${RPC_PORT}`,
    '-profile=lan',
    '-retry-interval=1s',
    ...seeds.map((seed) => `-retry-join=${seed.address}:${GOSSIP_PORT}`),
  ];
}

interface LogReader {
  view(): View;
}

/** One for each run of an agent: a new run has a log of its own. */
function readerOf(logs: WeakMap<Running, LogReader>, running: Running): LogReader {
  const known = logs.get(running);
  if (known !== undefined) return known;
  const members = new Map<string, Said>();
  let read = 0;
  const reader: LogReader = {
    view() {
      const output = running.output();
      // Whole lines only; the rest is read next time.
      const end = output.lastIndexOf('\n') + 1;
      for (const line of output.slice(read, end).split('\n')) follow(members, line);
      read = end;
      return { members };
    },
  };
  logs.set(running, reader);
  return reader;
}

const STATES: Readonly<Record<string, string>> = { Join: 'alive', Failed: 'failed', Leave: 'left' };

function follow(members: Map<string, Said>, line: string): void {
  const event = /serf: EventMember(Join|Failed|Leave): (\S+)/.exec(line);
  if (event?.[2] !== undefined) members.set(event[2], { state: STATES[event[1] ?? ''] ?? '' });
}

const start = promisify(execFile);

async function spreadOne(
  author: Place,
  running: ReadonlyMap<string, Running>,
  name: string,
  signal: AbortSignal,
): Promise<EventRound> {
  const line = `user-event: ${name}\n`;
  const sending = start('serf', ['event', `-rpc-addr=${author.address}:${RPC_PORT}`, '-coalesce=false', name]);
  const end = performance.now() + ARRIVE_WITHIN_MS;
  const times = new Map<string, number>();
  while (times.size < running.size && performance.now() < end) {
    for (const [member, agent] of running)
      if (!times.has(member) && agent.output().includes(line)) times.set(member, performance.now());
    await sleep(5, undefined, { signal });
  }
  await sending;
  const began = times.get(author.name);
  if (began === undefined) throw new Error(`${author.name} did not send the event`);
  const others = [...running.keys()].filter((member) => member !== author.name);
  return {
    arrivals: new Map(
      others.map((member) => {
        const at = times.get(member);
        return [member, at === undefined ? undefined : Math.max(0, at - began)];
      }),
    ),
  };
}
