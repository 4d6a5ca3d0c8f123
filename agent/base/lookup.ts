/**
 * Looks a name up by DNS, both families at once, within two seconds.
 *
 * By c-ares (`dns.Resolver`) and not by `dns.lookup`: that one calls getaddrinfo in Node's thread pool, which has four
 * threads, so that four names that hang would hold up everything that reads a file, and a disk that hangs would hold up
 * every name. c-ares has sockets of its own, a time-out of its own, and can be called off. What getaddrinfo does besides is
 * done here: the hosts file and the search domains. Those two files are read through the pool, for as long as it answers.
 */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { Clock } from './clock.ts';
import { codeOf } from './errors.ts';
import { hostsEntries, searchNames } from './name-files.ts';

/**
 * - `no-such-name`: a server says that there is none
 * - `no-addresses`: the name exists and has no address
 * - `no-server`: no server answers, or none that can tell
 */
export type NameFault = 'no-such-name' | 'no-addresses' | 'no-server';

/** IP literals, or why there are none. */
export type FamilyAnswer = readonly string[] | NameFault;

export interface NameAnswer {
  readonly ipv4: FamilyAnswer;
  readonly ipv6: FamilyAnswer;
}

/** Never rejects, and ends within {@link LOOKUP_MS}. */
export type LookupName = (name: string) => Promise<NameAnswer>;

export type NameResolver = Pick<Resolver, 'resolve4' | 'resolve6' | 'cancel'>;

export interface LookupDeps {
  readonly clock: Pick<Clock, 'after'>;
  /** A new one for each lookup: resolv.conf changes, and c-ares reads it only once. */
  readonly openResolver: () => NameResolver;
  /** Rejects where there is no such file. */
  readonly readText: (path: string) => Promise<string>;
}

const LOOKUP_MS = 2000;
/** Of one server; the next one is asked then. */
const SERVER_MS = 700;
/** A disk that does not answer must not take the time that DNS needs. */
const FILES_MS = 300;

export function createNameLookup(deps: LookupDeps): LookupName {
  const readHosts = createPatientReader('/etc/hosts', deps);
  const readConf = createPatientReader('/etc/resolv.conf', deps);
  return async (name) => {
    const [hosts, conf] = await Promise.all([readHosts(), readConf()]);
    const entries = hostsEntries(hosts, name);
    if (entries.length > 0) return byFamily(entries);
    return askInTurn(searchNames(conf, name), deps);
  };
}

/** With the files and the DNS servers of this machine. */
export const systemNameLookup = (clock: Clock): LookupName =>
  createNameLookup({
    clock,
    openResolver: () => new Resolver({ timeout: SERVER_MS, tries: 1 }),
    readText: (path) => readFile(path, 'utf8'),
  });

async function askInTurn(names: readonly string[], { clock, openResolver }: LookupDeps): Promise<NameAnswer> {
  let resolver: NameResolver;
  try {
    resolver = openResolver();
  } catch {
    return { ipv4: 'no-server', ipv6: 'no-server' };
  }
  // What is under way then fails with ECANCELLED, and what follows at once.
  let isLate = false;
  const stop = clock.after(LOOKUP_MS, () => {
    isLate = true;
    resolver.cancel();
  });
  let answer: NameAnswer = { ipv4: 'no-such-name', ipv6: 'no-such-name' };
  try {
    for (const name of names) {
      const [ipv4, ipv6] = await Promise.all([
        resolver.resolve4(name).then(known, faultOf),
        resolver.resolve6(name).then(known, faultOf),
      ]);
      const now = { ipv4, ipv6 };
      if (weightOf(now) >= weightOf(answer)) answer = now;
      // Whoever does not answer for one name is not asked for the next.
      if (isLate || weightOf(now) >= WEIGHTS.indexOf('no-server')) break;
    }
  } finally {
    stop();
  }
  return answer;
}

/** What says more of a name: that another one does not exist says the least, addresses the most. */
const WEIGHTS = ['no-such-name', 'no-addresses', 'no-server'] as const;

function weightOf({ ipv4, ipv6 }: NameAnswer): number {
  const weigh = (answer: FamilyAnswer): number =>
    typeof answer === 'string' ? WEIGHTS.indexOf(answer) : WEIGHTS.length;
  return Math.max(weigh(ipv4), weigh(ipv6));
}

const known = (addresses: readonly string[]): FamilyAnswer => (addresses.length > 0 ? addresses : 'no-addresses');

/** Codes of c-ares, ares_strerror(3). */
function faultOf(error: unknown): NameFault {
  const code = codeOf(error);
  if (code === 'ENOTFOUND') return 'no-such-name';
  return code === 'ENODATA' ? 'no-addresses' : 'no-server';
}

function byFamily(addresses: readonly string[]): NameAnswer {
  return {
    ipv4: known(addresses.filter((address) => isIPv4(address))),
    ipv6: known(addresses.filter((address) => !isIPv4(address))),
  };
}

/** The file's text, or what it was when it was last read in time; one read at a time, however long it hangs. */
function createPatientReader(path: string, { clock, readText }: LookupDeps): () => Promise<string> {
  let last = '';
  let reading: Promise<void> | undefined;
  return async () => {
    reading ??= readText(path)
      .then(
        (text) => void (last = text),
        () => void (last = ''),
      )
      .finally(() => (reading = undefined));
    await inTime(reading, clock);
    return last;
  };
}

function inTime(work: Promise<void>, clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    const stop = clock.after(FILES_MS, resolve);
    void work.finally(() => {
      stop();
      resolve();
    });
  });
}
