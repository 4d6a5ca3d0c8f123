/**
 * The configured seeds as addresses: those that are given as such, and what DNS says of those that are names, looked up
 * again all the time. A resolver that fails takes nothing away: the last good answer holds. Beside them what somebody
 * else suggests, who promises nothing.
 */
import type { Clock } from '../../base/clock.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../base/endpoint.ts';
import type { Logger } from '../../base/log.ts';
import type { UnmetSeed } from '../../model/mesh-state.ts';
import type { FamilyAnswer, LookupName, NameFault } from '../../base/lookup.ts';

export interface Seeds {
  start(): void;
  stop(): void;
  /** Addresses where agents may be, each time in full. That none is there is no trouble. */
  suggest(addresses: readonly string[]): void;
  /** Names that give no address now and gave none before, and of which name each unmet address is. */
  unmet(addresses: readonly UnmetSeed[]): readonly UnmetSeed[];
}

export interface SeedsDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly log: Logger;
  readonly lookup: LookupName;
  /** All addresses to ask, each time in full. */
  readonly use: (addresses: readonly string[]) => void;
  /** Whether anybody is connected. */
  readonly isMet: () => boolean;
  /** How many agents look the names up. */
  readonly members: () => number;
}

interface Name {
  readonly host: string;
  readonly port: number;
  readonly sinceMs: number;
  ipv4: readonly string[];
  ipv6: readonly string[];
  /** Of the last lookup; undefined before the first. */
  fault?: NameFault;
  wasCut?: boolean;
}

const ALONE_MS = 5000;
const MET_MS = 30_000;
/** All agents together ask a DNS server no more often than this; one lookup is two queries. */
const QUERIES_PER_SECOND = 20;
const QUERIES = 2;
/** As many as the peer manager dials. */
const MAX_ADDRESSES = 64;

/** @param seeds with their ports: `10.0.0.7:7576`, `[fd00::7]:7576`, `meerkat.example.org:7576` */
export function createSeeds(seeds: readonly string[], deps: SeedsDeps): Seeds {
  const { clock, random } = deps;
  const endpoints = seeds.flatMap((text) => parseEndpoint(text) ?? []);
  const literals = endpoints.filter(({ kind }) => kind === 'ip').map(withPort);
  const names = endpoints.filter(({ kind }) => kind === 'name').map((one) => nameOf(one, clock.monotonic()));
  let suggested: readonly string[] = [];
  let used: ReadonlySet<string> = new Set();
  let cancel = (): void => {};
  let isStopped = false;

  const apply = (): void => {
    const found = names.flatMap((name) => addressesOf(name));
    const others = [...new Set([...found, ...suggested])].filter((address) => !literals.includes(address));
    const isOwn = new Set(found);
    // Whom we asked before first, so that the choice stays; else anybody, so that not all agents ask the same few. What
    // was only suggested comes last.
    const chosen = others
      .map((address) => ({ address, order: (used.has(address) ? -1 : random()) + (isOwn.has(address) ? 0 : 2) }))
      .sort((a, b) => a.order - b.order)
      .slice(0, Math.max(0, MAX_ADDRESSES - literals.length));
    used = new Set(chosen.map(({ address }) => address));
    deps.use([...literals, ...used]);
  };
  const tell = (name: Name): void => {
    const count = name.ipv4.length + name.ipv6.length;
    const isCut = count > MAX_ADDRESSES - literals.length;
    if (isCut && name.wasCut !== true)
      deps.log.info(
        { name: name.host, addresses: count, asked: MAX_ADDRESSES },
        'a seed has more addresses than are asked',
      );
    name.wasCut = isCut;
  };
  const ask = async (name: Name): Promise<void> => {
    const before = name.fault;
    takeAnswer(name, await deps.lookup(name.host));
    if (name.fault !== undefined && name.fault !== before)
      deps.log.warn({ name: name.host, fault: name.fault }, 'a seed cannot be looked up');
    tell(name);
  };
  const round = async (): Promise<void> => {
    await Promise.all(names.map(ask));
    if (isStopped) return;
    apply();
    const sharedMs = (deps.members() * names.length * QUERIES * 1000) / QUERIES_PER_SECOND;
    const pauseMs = deps.isMet() ? Math.max(MET_MS, sharedMs) : ALONE_MS;
    cancel = clock.after(pauseMs * (0.9 + random() / 5), () => void round());
  };

  return {
    start() {
      apply();
      if (names.length > 0) void round();
    },
    stop() {
      isStopped = true;
      cancel();
    },
    suggest(addresses) {
      suggested = addresses;
      if (!isStopped) apply();
    },
    unmet: (addresses) => [
      ...names.flatMap(unmetName),
      ...addresses.flatMap((one) => {
        if (literals.includes(one.address)) return [one];
        const name = names.find((each) => addressesOf(each).includes(one.address));
        if (name !== undefined) return [{ ...one, name: name.host }];
        return suggested.includes(one.address) ? [] : [one];
      }),
    ],
  };
}

const withPort = ({ host, port = 0 }: Endpoint): string => formatEndpoint({ host, port });

const nameOf = ({ host, port = 0 }: Endpoint, sinceMs: number): Name => ({ host, port, sinceMs, ipv4: [], ipv6: [] });

const addressesOf = ({ ipv4, ipv6, port }: Name): readonly string[] =>
  [...ipv4, ...ipv6].map((host) => formatEndpoint({ host, port }));

/** Nothing is taken for gone because nobody could say: neither all, nor the addresses of one family. */
function takeAnswer(name: Name, { ipv4, ipv6 }: { readonly ipv4: FamilyAnswer; readonly ipv6: FamilyAnswer }): void {
  if (typeof ipv4 === 'string' && typeof ipv6 === 'string') {
    name.fault = ipv4 === 'no-server' || ipv6 === 'no-server' ? 'no-server' : ipv4 === ipv6 ? ipv4 : 'no-addresses';
    return;
  }
  delete name.fault;
  name.ipv4 = nextOf(name.ipv4, ipv4);
  name.ipv6 = nextOf(name.ipv6, ipv6);
}

const nextOf = (before: readonly string[], answer: FamilyAnswer): readonly string[] => {
  if (typeof answer !== 'string') return [...new Set(answer)];
  return answer === 'no-server' ? before : [];
};

/** Addresses of an earlier answer speak for themselves. */
function unmetName(name: Name): UnmetSeed[] {
  const { host, port, sinceMs, fault } = name;
  if (fault === undefined || addressesOf(name).length > 0) return [];
  return [{ address: formatEndpoint({ host, port }), name: host, fault, refusesKey: false, sinceMs }];
}
