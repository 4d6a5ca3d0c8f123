import { living } from '../instances.ts';
import { type DeniedLoss, deniedLosses } from '../links.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';
import { formatNames, plural } from '../words.ts';

const CLAIMS = ['reachability/PeersUnreachable'];

export const peersUnreachable: Rule = {
  reason: 'PeersUnreachable',
  severity: 'warning',
  concludes:
    'A node does not reach another one, which sees it otherwise: something lets pass only what one of the two begins, or turns it away.',
  from: 'The check of the one finds it for half a minute, and by its current report the other end does not.',
  sound:
    'No datagram and no connection of its own was answered for half a minute, while both ends are connected to this side.',
  silentWhen:
    'LinkDown or OneWayLink tells of the two, because both ends say so or one of them does not say; an end is lost, going, down, or comes and goes; three nodes or more were lost within the last minute; this node is isolated; a report is late.',
  claims: CLAIMS,
  find(evidence) {
    const { mesh, links } = evidence;
    const problems = mesh === undefined ? [] : living(claimed(evidence, CLAIMS));
    if (mesh === undefined || problems.length === 0) return [];
    const losses = Map.groupBy(deniedLosses(mesh, links), ({ from }) => from);
    return problems.flatMap((seen) => {
      const own = losses.get(seen.node) ?? [];
      return own.length === 0 ? [] : [toDraft(evidence, seen, own)];
    });
  },
};

function toDraft(evidence: Evidence, seen: SeenProblem, losses: readonly DeniedLoss[]): Draft {
  const { node } = seen;
  const namesOf = (those: readonly DeniedLoss[]): string[] => those.map((one) => one.peer).sort();
  const peers = namesOf(losses);
  const reaching = namesOf(losses.filter(({ isReached }) => isReached));
  const others = reaching.length < peers.length ? 'others do' : `which ${plural(peers.length, 'reaches', 'reach')} it`;
  const [peer = '', ...more] = peers;
  return {
    ...draftFor(evidence, seen, 'PeersUnreachable', 'warning', ''),
    nodes: [node, ...peers],
    ...(more.length === 0 && { subject: peer }),
    sentence: `${node} does not reach ${formatNames(peers)}, ${others}`,
    dissent: reaching,
  };
}
