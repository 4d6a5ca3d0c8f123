/** Faults of hosts and of what is between them. */
import { type Fault, HOST_MS, boundOf } from './fault.ts';

/** How far a clock is off is measured over half a minute. */
const OFFSETS_MS = 35_000;

export const withoutPower = (name: string): Fault => ({
  name: `${name} without power`,
  cause: new RegExp(`^NodeUnreachable/${name}\\b`),
  boundMs: HOST_MS,
  begin: (cluster) => cluster.powerOff(name),
  end: (cluster) => cluster.powerOn(name),
});

export const linkCut = (one: string, other: string): Fault => ({
  name: `${one} and ${other} do not reach each other`,
  cause: new RegExp(`^LinkDown/(${one}|${other})\\b`),
  boundMs: HOST_MS,
  begin: ({ lab }) => lab.cut(one, other),
  end: ({ lab }) => lab.heal(),
});

export const overlayCut = (one: string, other: string): Fault => ({
  name: `VXLAN dropped between ${one} and ${other}`,
  cause: new RegExp(`^OverlayBroken/(${one}|${other})\\b`),
  boundMs: boundOf('overlay'),
  begin: ({ lab }) => lab.cut(one, other, { only: 'overlay' }),
  end: ({ lab }) => lab.heal(),
});

/** Each side misses the other. */
export const cutOff = (...names: readonly string[]): Fault => ({
  name: `${names.join(' and ')} cut off from all others`,
  cause: /^NodesLost\b/,
  boundMs: HOST_MS,
  begin: ({ lab }) => lab.partition([names, lab.hosts.map(({ name }) => name).filter((name) => !names.includes(name))]),
  end: ({ lab }) => lab.heal(),
});

export const dnsDead = (): Fault => ({
  name: 'the DNS server killed',
  cause: /^ClusterDnsDown\b/,
  boundMs: boundOf('dns'),
  begin: (cluster) => cluster.dns().kill('SIGKILL'),
  end: (cluster) => cluster.startDns(),
});

/** Only the agent's clock: everything else on the host keeps its own. */
export const clockAhead = (name: string, seconds: number): Fault => ({
  name: `the clock of ${name} ${seconds} s ahead`,
  cause: new RegExp(`^ClockSkew/${name}\\b`),
  boundMs: OFFSETS_MS,
  begin: (cluster) => cluster.setClock(name, `+${seconds}`),
  end: (cluster) => cluster.setClock(name, '+0'),
});
