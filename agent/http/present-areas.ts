/**
 * The parts of a cluster that a person asks for first. A finding decides that one has a problem, because the diagnosis
 * weighs what checks say; that one is fine needs checks that looked.
 */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Finding } from '../model/finding.ts';
import { type ApiArea, AREAS } from './contract/overview.ts';
import { type CheckArea, areaOfCheck, gistOf, isHistory, mayBeCutOff } from './node-words.ts';
import { type KnownNode, knownNodes, leftOutOf } from './present-nodes.ts';

type Area = ApiArea['area'];

/** Of reasons that the checks' own part does not tell: several checks have them, or none. */
export const AREA_OF_REASON: Readonly<Record<string, Area>> = {
  AddressConflict: 'network',
  ClusterAuthorityExpired: 'control-plane',
  ClusterAuthorityExpiresSoon: 'control-plane',
  LinkDown: 'network',
  NoControlPlaneFromHere: 'control-plane',
  NoStandby: 'control-plane',
  OneWayLink: 'network',
  OverlayBroken: 'network',
  OverlayMtuBroken: 'network',
  PacketLoss: 'network',
  Partition: 'network',
  PathMtuBroken: 'network',
  PeersUnreachable: 'network',
  PortBlocked: 'network',
  ThisNodeIsolated: 'network',
  ZonePathBroken: 'network',
};

/** Without a mesh, too. */
export function presentAreas(state: ClusterState, findings: readonly Finding[]): ApiArea[] {
  const counts = new Map(AREAS.map((area) => [area, { looked: 0, of: 0 }]));
  const controlPlane = new Set(state.mesh?.controlPlane);
  const count = (area: Area, hasLooked: boolean): void => {
    const counted = counts.get(area);
    if (counted === undefined) return;
    counted.of += 1;
    if (hasLooked) counted.looked += 1;
  };
  const leftOut = leftOutOf(state);
  for (const known of knownNodes(state)) {
    const seen = sightOf(known, state.self, leftOut);
    if (seen.isControlPlane) controlPlane.add(known.name);
    const own: Area = controlPlane.has(known.name) ? 'control-plane' : 'workers';
    const looks = new Map<Area, boolean>();
    for (const [area, hasLooked] of seen.areas) {
      const part = area === 'node' ? own : area;
      looks.set(part, hasLooked && looks.get(part) !== false);
    }
    for (const [area, hasLooked] of looks) count(area, hasLooked);
    if (seen.areas.length === 0) count(own, false);
    // What the two sides of a cut see of the network is fine, each for itself.
    if (known.member !== undefined && known.name !== state.self && mayBeCutOff(known.member)) count('network', false);
  }
  const told = AREAS.map((area) => [area, findings.filter((one) => isSerious(one) && areasOf(one).has(area))] as const);
  return told.map(([area, those]) => {
    const { looked, of } = counts.get(area) ?? { looked: 0, of: 0 };
    const status =
      those.length > 0 ? 'problem' : of === 0 ? 'absent' : looked === of && state.settled ? 'ok' : 'unknown';
    return { area, status, findings: those.map(({ id }) => id), looked, of };
  });

  /** A finding without a part of its own is about its nodes, which may be of both kinds. */
  function areasOf({ reason, check, node, nodes = [node] }: Finding): ReadonlySet<Area> {
    const area = AREA_OF_REASON[reason] ?? (check === undefined ? partOf(reason) : areaOfCheck(check));
    if (area !== 'node') return new Set([area]);
    return new Set(nodes.map((name): Area => (controlPlane.has(name) ? 'control-plane' : 'workers')));
  }
}

const isSerious = ({ severity }: Finding): boolean => severity !== 'info';

/** Reasons of a part of the control plane begin with its name: `EtcdQuorumLost`. */
const partOf = (reason: string): CheckArea =>
  /^(Etcd|Apiserver|Scheduler|ControllerManager)/.test(reason)
    ? 'control-plane'
    : reason.startsWith('ClusterDns')
      ? 'dns'
      : 'node';

interface Sight {
  readonly isControlPlane: boolean;
  /** Empty: of its own part nothing is known. */
  readonly areas: readonly (readonly [CheckArea, boolean])[];
}

/** What a node that is not connected said of the network and of DNS, others say by now. */
function sightOf({ name, node, member }: KnownNode, self: string, leftOut: ReadonlySet<string>): Sight {
  if (node === undefined) return { isControlPlane: false, areas: [] };
  const { isControlPlane, areas } = gistOf(node, name === self ? leftOut : NONE);
  return isHistory(node, member) ? { isControlPlane, areas: [] } : { isControlPlane, areas };
}

const NONE: ReadonlySet<string> = new Set();
