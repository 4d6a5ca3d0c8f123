/**
 * Probes the targets of a plan with one timer for all. When that timer runs late, this process stood still: then every
 * deadline starts anew and nobody is blamed.
 */
import type { Clock } from '../../base/clock.ts';
import type { FullSize } from '../../model/member.ts';
import type { Datagram } from './datagram.ts';
import { LATE_MS } from './deadline.ts';
import type { ProbeKey } from './keys.ts';
import type { Away, ProbeAddress, ProbeTarget } from './observation.ts';
import type { TargetProbe, TargetProbeDeps } from './target-probe.ts';
import { createTargetProbe } from './target-probe.ts';

export interface Prober {
  /** Replaces the plan. May be called at any time, also from within an observation. */
  setPlan(targets: readonly ProbeTarget[]): void;
  /** Pings a peer of the plan once more, at once. May be called from within an observation, too. */
  ping(peerId: string): void;
  /** The addresses of a peer in the plan. */
  addressesOf(peerId: string): readonly ProbeAddress[];
  /** Passes on a fresh ping that the responder took. */
  notePing(ping: Datagram, at: number, key: ProbeKey): void;
  /** A connection to the peer broke: soon it is tried whether long datagrams pass. */
  testSize(peerId: string): void;
  /** By peer, of those that this end tests. */
  fullSizes(): ReadonlyMap<string, FullSize>;
  /** Every target gets new sockets: this node's own addresses changed. */
  renewSockets(): void;
  stop(): void;
}

export interface ProberDeps extends Omit<TargetProbeDeps, 'clock' | 'beforeMessage' | 'peers'> {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly onAway: (away: Away) => void;
}

export function createProber(deps: ProberDeps): Prober {
  const { clock } = deps;
  const probes = new Map<string, TargetProbe>();
  let timer: { readonly dueAt: number; readonly cancel: () => void } | undefined;
  let awayUntil = -Infinity;
  let cancelJudging: (() => void) | undefined;

  /** True when this process stood still: then everything is armed anew. */
  const noticeLateness = (dueAt: number | undefined): boolean => {
    const now = clock.monotonic();
    const lateMs = dueAt === undefined || dueAt <= awayUntil ? 0 : now - dueAt;
    if (lateMs <= LATE_MS) return false;
    awayUntil = now;
    for (const probe of probes.values()) probe.rearm(now);
    arm();
    deps.onAway({ at: now, lateMs });
    return true;
  };

  const arm = (): void => {
    timer?.cancel();
    timer = undefined;
    const now = clock.monotonic();
    let dueAt = Infinity;
    for (const probe of probes.values()) dueAt = Math.min(dueAt, probe.nextDueAfter(now));
    if (dueAt < Infinity) timer = { dueAt, cancel: clock.after(Math.ceil(dueAt - now), wake) };
  };

  const wake = (): void => {
    if (noticeLateness(timer?.dueAt)) return;
    const now = clock.monotonic();
    let hasExpired = false;
    for (const probe of probes.values()) {
      probe.sendIfDue(now);
      hasExpired ||= probe.hasExpired(now);
    }
    if (hasExpired) judgeSoon(now);
    arm();
  };

  // A timer set while timers run never runs before the loop has polled its sockets once more: by then every answer that
  // waited in the kernel was read. A connected socket holds no more than one turn reads.
  const judgeSoon = (expiredBy: number): void => {
    cancelJudging ??= clock.after(0, () => {
      cancelJudging = undefined;
      if (noticeLateness(expiredBy)) return;
      for (const probe of probes.values()) probe.judge(expiredBy);
      arm();
    });
  };

  const targetDeps: TargetProbeDeps = {
    ...deps,
    peers: () => probes.size,
    beforeMessage: () => void noticeLateness(timer?.dueAt),
  };

  return {
    setPlan(targets) {
      const wanted = new Map(targets.map((target) => [target.peerId, target]));
      for (const [peerId, probe] of probes) {
        if (wanted.has(peerId)) continue;
        probe.close();
        probes.delete(peerId);
      }
      for (const [peerId, target] of wanted) {
        const known = probes.get(peerId);
        if (known === undefined) probes.set(peerId, createTargetProbe(target, targetDeps));
        else known.update(target);
      }
      arm();
    },
    ping(peerId) {
      probes.get(peerId)?.hurry(clock.monotonic());
      arm();
    },
    addressesOf: (peerId) => probes.get(peerId)?.addresses() ?? [],
    notePing(ping, at, key) {
      for (const probe of probes.values()) if (probe.author === ping.sender) probe.notePing(ping, at, key);
    },
    testSize(peerId) {
      probes.get(peerId)?.testSize(clock.monotonic());
      arm();
    },
    fullSizes: () =>
      new Map(
        [...probes].flatMap(([peerId, probe]) => {
          const fullSize = probe.fullSize();
          return fullSize === undefined ? [] : [[peerId, fullSize] as const];
        }),
      ),
    renewSockets() {
      for (const probe of probes.values()) probe.renewSockets();
    },
    stop() {
      timer?.cancel();
      timer = undefined;
      cancelJudging?.();
      cancelJudging = undefined;
      for (const probe of probes.values()) probe.close();
      probes.clear();
    },
  };
}
