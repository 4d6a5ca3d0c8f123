/** What explains that a node does not reach an API server: the way between the two. */
import { type Explanation, isWithin, says } from './explanation.ts';

const onTheWay = (cause: string, why: string, predicate: Explanation['predicate'] = isWithin): Explanation => ({
  cause,
  consequence: 'ApiserverAddressBroken',
  relation: 'path',
  why,
  predicate,
  // Paths are judged within seconds, or over many minutes; servers are told of after a minute.
  leadMs: Infinity,
  lagMs: Infinity,
});

/** A host is called lost up to 4 s after it went. */
const LOSS_LEAD_MS = 30_000;
/** Servers are looked at every 15 s, in a large cluster every minute; what is silent began with the first look. */
const LOOKED_LATE_MS = 90_000;

const isSilent = says(/^Nothing answers at/);

/** The connection opens, and what is long gets lost: so is a server's certificate. */
const hangs = says(/does not answer: no full answer/);

export const SERVER_EXPLANATIONS: readonly Explanation[] = [
  onTheWay('LinkDown', 'The two nodes do not reach each other at all.'),
  onTheWay('OneWayLink', 'Of the two nodes one does not hear the other, and a connection takes both ways.'),
  onTheWay(
    'PathMtuBroken',
    'A certificate is longer than what passes between the two nodes.',
    (consequence, cause) => hangs(consequence) && isWithin(consequence, cause),
  ),
  onTheWay('PacketLoss', 'Where so many packets get lost, a handshake does not end in time.'),
  {
    cause: 'NodesLost',
    consequence: 'ApiserverAddressBroken',
    relation: 'anywhere',
    why: 'Where a large part of the cluster is gone, an API server on no node of it that is silent since then went with it.',
    predicate: (consequence, cause) =>
      cause.severity === 'critical' &&
      isSilent(consequence) &&
      consequence.observers.every((node) => cause.observers.includes(node)),
    leadMs: LOSS_LEAD_MS,
    lagMs: LOOKED_LATE_MS,
  },
];
