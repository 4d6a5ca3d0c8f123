/**
 * Which names this agent answers to. A page from elsewhere can make a browser resolve its own name to this address
 * (DNS rebinding); it cannot make the browser send another Host header than that name.
 */
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';

export interface OwnNames {
  /** The node's own name. */
  readonly node: string;
  /** `http.hostNames` of the configuration. */
  readonly configured: readonly string[];
}

export interface HostNames {
  /**
   * True for an IP address, `localhost`, the name of any known node (short or with a domain) and the configured names,
   * each with any port. A request without the header is no browser's.
   */
  answersTo(hostHeader: string | undefined): boolean;
}

/** Kubernetes names have at most 253 characters. */
const MAX_LENGTH = 300;
/** Names of other nodes are asked for at most this often: a stranger who guesses must not make that expensive. */
const KEEP_MS = 1000;

/** @param others names of all known nodes; asked only when the own names do not fit */
export function createHostNames(
  { node, configured }: OwnNames,
  others: () => readonly string[],
  clock: Pick<Clock, 'monotonic'>,
): HostNames {
  const own = namesOf([node]);
  const exact = new Set(configured.map(normalise));
  let known = own;
  let knownAt = -Infinity;
  return {
    answersTo(hostHeader) {
      if (hostHeader === undefined || hostHeader === '') return true;
      const host = withoutPort(hostHeader);
      if (host === undefined) return false;
      if (host === 'localhost' || isIP(host) !== 0 || exact.has(host) || fits(host, own)) return true;
      if (clock.monotonic() - knownAt >= KEEP_MS) {
        knownAt = clock.monotonic();
        known = namesOf(others());
      }
      return fits(host, known);
    },
  };
}

interface Names {
  readonly full: ReadonlySet<string>;
  /** What the full names begin with, up to a dot. */
  readonly short: ReadonlySet<string>;
}

const namesOf = (names: readonly string[]): Names => {
  const full = names.map(normalise).filter((name) => name !== '');
  return { full: new Set(full), short: new Set(full.flatMap(beginnings)) };
};

/** The name, its short form, or the name with a domain behind it. */
const fits = (host: string, { full, short }: Names): boolean =>
  full.has(host) || short.has(host) || beginnings(host).some((name) => full.has(name));

/** `a.b.c` → `a`, `a.b`. */
function beginnings(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(0, -1).map((_, index) => labels.slice(0, index + 1).join('.'));
}

const normalise = (name: string): string => name.toLowerCase().replace(/\.$/, '');

function withoutPort(hostHeader: string): string | undefined {
  if (hostHeader.length > MAX_LENGTH) return undefined;
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(hostHeader.trim());
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : normalise(host);
}
