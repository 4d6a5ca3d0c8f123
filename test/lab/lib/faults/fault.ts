/** What is done to a whole cluster, what has to be said of it, how soon, and how it is mended. */
import { boundOfCheck } from '../bound.ts';
import type { LabHost } from '../lab/types.ts';
import { CONTROLLER_PROGRAMS } from '../masters.ts';
import type { WholeCluster } from '../whole-cluster.ts';

export interface Fault {
  readonly name: string;
  /** As its finding is called: reason, node, subject. */
  readonly cause: RegExp;
  /** Other names of the same thing, which may stand in its place for a while. */
  readonly also?: RegExp;
  /** From the fault to the last survivor that names it, ms. */
  readonly boundMs: number;
  begin(cluster: WholeCluster): unknown;
  /** What ended meanwhile for want of an API is left to {@link revive}. */
  end(cluster: WholeCluster): unknown;
  /** Whose agents can know of it, by the hosts' names. Default: all that can be asked. */
  readonly knownTo?: readonly string[];
  /** Whose agent cannot be asked meanwhile, although the host is on. */
  readonly silent?: readonly string[];
}

/** For the diagnosis, and the way to the others. */
const TRAVEL_MS = 2000;
/** Design section 13: until everybody knows that a host is gone, that a path is, and that a side is. */
export const HOST_MS = 10_000;
/** Until a kubelet has noticed, and told the API. */
export const KUBELET_MS = 10_000;
/** What else may come of it has come by then: a Lease is stale after 40 s, and a Node unknown a moment later. */
export const LATER_MS = 75_000;
/** Longer than any of them takes to be told, or to be over. */
export const MOST_MS = 6 * 60_000;

/** Of the check, or of one of its reasons, until every agent names it, ms. */
export const boundOf = (check: string, reason?: string): number => boundOfCheck(check, reason) + TRAVEL_MS;

/** What ended for want of an API, as the kubelet of its master would start it again. */
export async function revive({ masters }: WholeCluster): Promise<void> {
  for (const master of masters.all.filter(({ host }) => host.poweredOn)) {
    if (!isThere(master.host, master.api.apiserver().pid)) await master.api.startApiserver();
    for (const program of CONTROLLER_PROGRAMS)
      if (!isThere(master.host, master.controller(program).pid)) await master.startController(program);
  }
}

const isThere = (host: LabHost, pid: number): boolean => host.processes().includes(pid);
