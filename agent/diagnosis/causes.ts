/**
 * What explains what. Two things at the same time are not cause and effect: an explanation holds only when the
 * consequence's own evidence says so, on the node it speaks of, within the lag that it can have.
 */
import { ETCD_EXPLANATIONS, endedForEtcd, waitsForEtcd } from './etcd-causes.ts';
import { type Explanation, always, byService, isWithin, says } from './explanation.ts';
import { NODE_EXPLANATIONS } from './node-causes.ts';
import { POD_EXPLANATIONS } from './pod-causes.ts';
import { RUNTIME_EXPLANATIONS } from './runtime-causes.ts';
import { SERVER_EXPLANATIONS } from './server-causes.ts';
import { type Draft, nodesOf } from './rule.ts';

/** True when the consequence is about a path at or below the mount that the cause is about. */
function liesOn(consequence: Draft, cause: Draft): boolean {
  const { subject: path = '' } = consequence;
  const { subject: mount = '' } = cause;
  return mount === '/' || path === mount || path.startsWith(`${mount}/`);
}

/** True when each path that the consequence is about, all from one node, has an end among the nodes of the cause. */
const isAnEndOfAll = (consequence: Draft, cause: Draft): boolean => {
  const nodes = new Set(nodesOf(cause));
  const others = nodesOf(consequence).filter((node) => node !== consequence.node);
  return nodes.has(consequence.node) || (others.length > 0 && others.every((node) => nodes.has(node)));
};

const endsWithoutApi = says(/nobody listens|leaderElection/);

/** A host is called lost up to 4 s after it went; checks that feel its loss may be as much faster as slower. */
const LOSS_LEAD_MS = 30_000;

/** Machines without time notice bit by bit what one cut took. */
const ZONE_LEAD_MS = 60_000;

/** All of it is looked at every 3 s with a deadline of 1 s. */
const CONTROL_PLANE_LEAD_MS = 15_000;
/** The kubelet ends an API server that is not live after a minute or two, and starts it again, later and later. */
const RESTARTED_MS = 600_000;

/** That kube-proxy is gone is told after a minute, since when it is gone. */
const KUBE_PROXY_LEAD_MS = 120_000;
/** It is told after 20 s, since when it is so; DNS is asked every 10 s and told after 40 s. */
const OVERLAY_LEAD_MS = 30_000;
/** Each of 16 peers has its turn in ten minutes, and with jumbo frames in half an hour. */
const UNDERLAY_MTU_LEAD_MS = 35 * 60_000;
/** Services are tried every 30 s, in a large cluster more seldom. */
const SERVICE_LEAD_MS = 120_000;
/** DNS is asked every 10 s, in a large cluster more seldom; what fails began with the first look. */
const DNS_LAG_MS = 60_000;
/** Nobody answered; who is refused or told something has reached somebody. */
const losesPackets = (draft: Draft): boolean =>
  byService(draft) && says(/no answer within|EHOSTUNREACH|ENETUNREACH/)(draft);

export const EXPLANATIONS: readonly Explanation[] = [
  ...ETCD_EXPLANATIONS,
  ...RUNTIME_EXPLANATIONS,
  {
    cause: 'DiskFull',
    consequence: 'StoreUnavailable',
    relation: 'same node',
    why: "The store's own error says that there is no space left.",
    predicate: (consequence, cause) => says(/no space|is full/i)(consequence) && liesOn(consequence, cause),
    leadMs: 60_000,
    lagMs: Infinity,
  },
  {
    cause: 'FilesystemReadOnly',
    consequence: 'StoreUnavailable',
    relation: 'same node',
    why: "The store's own error says that its file system takes no writes.",
    predicate: (consequence, cause) => says(/read-only/i)(consequence) && liesOn(consequence, cause),
    leadMs: 60_000,
    lagMs: Infinity,
  },
  ...['NodesLost', 'NodeUnreachable'].flatMap((cause): Explanation[] => [
    {
      cause,
      consequence: 'NoControlPlaneFromHere',
      relation: 'member of',
      why: 'The control plane ran on the nodes that are lost; the last of them took it along.',
      predicate: (consequence, { since }) => Math.abs(consequence.since - since) <= LOSS_LEAD_MS,
      leadMs: LOSS_LEAD_MS,
      lagMs: LOSS_LEAD_MS,
    },
    {
      cause,
      consequence: 'EtcdQuorumLost',
      relation: 'member of',
      why: 'The members that the quorum is missing are on hosts that are lost.',
      predicate: ({ nodes }) => nodes !== undefined,
      leadMs: LOSS_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause,
      consequence: 'EtcdMemberDown',
      relation: 'member of',
      why: 'The member is on a host that is lost.',
      predicate: isWithin,
      leadMs: LOSS_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause,
      consequence: 'LinkDown',
      relation: 'path',
      why: 'One end of the link is lost.',
      predicate: always,
      leadMs: LOSS_LEAD_MS,
      lagMs: Infinity,
    },
  ]),
  ...['NodesLost', 'NodeUnreachable'].flatMap((cause) =>
    ['PacketLoss', 'PathMtuBroken'].map((consequence): Explanation => ({
      cause,
      consequence,
      relation: 'path',
      why: 'One end is lost, which began with some of its packets.',
      predicate: isAnEndOfAll,
      leadMs: Infinity,
      lagMs: Infinity,
    })),
  ),
  ...['LinkDown', 'OneWayLink'].flatMap((link): Explanation[] => [
    {
      cause: link,
      consequence: 'PathMtuBroken',
      relation: 'path',
      why: 'Between the two ends nothing gets through.',
      predicate: isWithin,
      leadMs: Infinity,
      lagMs: Infinity,
    },
    {
      cause: 'ZonePathBroken',
      consequence: link,
      relation: 'path',
      why: 'It is one of the links between the zones; within them none is down.',
      predicate: isWithin,
      leadMs: ZONE_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause: 'PacketLoss',
      consequence: link,
      relation: 'path',
      why: 'Where so many packets get lost, now and then all of some seconds do.',
      predicate: (consequence, cause) => isWithin(consequence, cause) || isAnEndOfAll(consequence, cause),
      leadMs: 0,
      lagMs: Infinity,
    },
  ]),
  {
    cause: 'PathMtuBroken',
    consequence: 'OverlayMtuBroken',
    relation: 'path',
    why: 'What pods send to each other travels between their nodes, and is longer by a tunnel’s headers there.',
    predicate: isWithin,
    leadMs: UNDERLAY_MTU_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdQuorumLost',
    consequence: 'EtcdMemberDown',
    relation: 'member of',
    why: 'The member is one of those that the quorum is missing: one trouble, not several.',
    predicate: (consequence, cause) => cause.nodes !== undefined && isWithin(consequence, cause),
    leadMs: Infinity,
    lagMs: LOSS_LEAD_MS,
  },
  {
    cause: 'ThisNodeIsolated',
    consequence: 'EtcdQuorumLost',
    relation: 'same node',
    why: 'A member that is cut off from the others has no quorum; they may well have one.',
    predicate: always,
    leadMs: LOSS_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdQuorumLost',
    consequence: 'ApiserverNotReady',
    relation: 'anywhere',
    why: 'No sub-check of the API server fails but those of etcd, or it waits for an answer.',
    predicate: waitsForEtcd,
    leadMs: CONTROL_PLANE_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdMemberDown',
    consequence: 'ApiserverNotReady',
    relation: 'same node',
    why: 'An API server beside an etcd member asks that one; no sub-check fails but those of etcd, or it waits for an answer.',
    predicate: waitsForEtcd,
    leadMs: CONTROL_PLANE_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdQuorumLost',
    consequence: 'ApiserverDown',
    relation: 'anywhere',
    why: 'An API server that finds no etcd when it starts ends; one that ran may be ended for want of it later.',
    predicate: endedForEtcd,
    leadMs: CONTROL_PLANE_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'EtcdMemberDown',
    consequence: 'ApiserverDown',
    relation: 'same node',
    why: 'An API server that finds no etcd when it starts ends; one that ran may be ended for want of it later.',
    predicate: endedForEtcd,
    leadMs: CONTROL_PLANE_LEAD_MS,
    lagMs: RESTARTED_MS,
  },
  ...['SchedulerDown', 'ControllerManagerDown', 'NoStandby'].flatMap((consequence): Explanation[] => [
    ...['ApiserverDown', 'ApiserverNotReady'].map((cause): Explanation => ({
      cause,
      consequence,
      relation: 'member of',
      why: 'A scheduler or controller manager that cannot renew its Lease with the API server ends.',
      predicate: (draft, one) => endsWithoutApi(draft) && isWithin(draft, one),
      leadMs: CONTROL_PLANE_LEAD_MS,
      lagMs: Infinity,
    })),
    {
      cause: 'EtcdNoSpace',
      consequence,
      relation: 'anywhere',
      why: 'An etcd without room takes no renewal of a Lease, and who cannot renew its own ends; reads are answered.',
      predicate: (draft) =>
        endsWithoutApi(draft) || draft.evidence.some((line) => /^the Lease .* has not changed/.test(line)),
      leadMs: CONTROL_PLANE_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause: 'EtcdQuorumLost',
      consequence,
      relation: 'anywhere',
      why: 'Without a quorum no Lease is renewed, and who cannot renew its own ends.',
      predicate: endsWithoutApi,
      leadMs: CONTROL_PLANE_LEAD_MS,
      lagMs: Infinity,
    },
  ]),
  ...['KubeProxyDown', 'KubeProxyHung', 'KubeProxyUnhealthy'].flatMap((cause): Explanation[] => [
    {
      cause,
      consequence: 'ServiceUnreachable',
      relation: 'same node',
      why: 'kube-proxy makes the addresses of Services lead somewhere; the servers behind this one answer.',
      predicate: always,
      leadMs: KUBE_PROXY_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause,
      consequence: 'DnsDown',
      relation: 'same node',
      why: 'The cluster’s DNS is reached by the address of a Service, which kube-proxy makes lead to its pods.',
      predicate: byService,
      leadMs: KUBE_PROXY_LEAD_MS,
      lagMs: Infinity,
    },
  ]),
  {
    cause: 'OverlayBroken',
    consequence: 'DnsDown',
    relation: 'same node',
    why: 'The pods of the cluster’s DNS are on other nodes, of which none is reached from pods here.',
    predicate: (draft, cause) => cause.nodeSeverity === 'critical' && losesPackets(draft),
    leadMs: OVERLAY_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'OverlayBroken',
    consequence: 'ClusterDnsDown',
    relation: 'anywhere',
    why: 'The network of the pods is down where DNS fails; or all of them say that they do not reach one node, on which its pods may be.',
    predicate: (draft, cause) => losesPackets(draft) && nodesOf(draft).every((node) => cause.observers.includes(node)),
    leadMs: OVERLAY_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'ServiceUnreachable',
    consequence: 'DnsDown',
    relation: 'same node',
    why: 'The cluster’s DNS is reached by the address of a Service, as the API is, and neither answers.',
    predicate: byService,
    leadMs: SERVICE_LEAD_MS,
    lagMs: Infinity,
  },
  {
    cause: 'NodesLost',
    consequence: 'DnsDown',
    relation: 'anywhere',
    why: 'The pods of the cluster’s DNS are among what a large part of the cluster took along.',
    predicate: (draft, cause) => cause.severity === 'critical' && losesPackets(draft),
    leadMs: LOSS_LEAD_MS,
    lagMs: DNS_LAG_MS,
  },
  {
    cause: 'ThisNodeIsolated',
    consequence: 'DnsDown',
    relation: 'same node',
    why: 'A node that reaches nobody does not reach the cluster’s DNS.',
    predicate: always,
    leadMs: LOSS_LEAD_MS,
    lagMs: Infinity,
  },
  ...['AgentUnresponsive', 'AgentDown', 'KeyMismatch'].flatMap((cause): Explanation[] => [
    {
      cause,
      consequence: 'AgentImpaired',
      relation: 'same node',
      why: 'An agent that is stuck runs no checks.',
      predicate: says(/should run|no result within/),
      leadMs: 60_000,
      lagMs: Infinity,
    },
    {
      cause,
      consequence: 'LinkDown',
      relation: 'path',
      why: 'The agent at one end of the link is in trouble itself.',
      predicate: always,
      leadMs: LOSS_LEAD_MS,
      lagMs: Infinity,
    },
  ]),
  ...NODE_EXPLANATIONS,
  ...POD_EXPLANATIONS,
  ...SERVER_EXPLANATIONS,
];
