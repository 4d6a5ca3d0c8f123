import { brokenPaths } from '../broken-paths.ts';
import { type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';
import { firstLines, formatNames } from '../words.ts';

const CLAIMS = ['overlay/OverlayMtuBroken'];

export const overlayMtuBroken: Rule = {
  reason: 'OverlayMtuBroken',
  severity: 'warning',
  concludes:
    'Long datagrams between pods of two nodes get lost and short ones do not: connections open, and then hang.',
  from: 'Pings as long as the smaller MTU of the two pods were not answered for 16 s, short ones were.',
  sound: 'Both are sent together by the same responder to the same one; only their length differs.',
  silentWhen:
    'Short ones get lost as well; an end does not know its MTU; a router says how much fits, so that senders adapt.',
  claims: CLAIMS,
  find: (evidence) =>
    brokenPaths(claimed(evidence, CLAIMS).filter(({ endedMs }) => endedMs === undefined)).map(
      ({ centre, peers, seen }) => {
        const { subject: _subject, ...draft } = draftFor(
          evidence,
          seen[0] as SeenProblem,
          'OverlayMtuBroken',
          'warning',
          `Between pods on ${centre} and those on ${formatNames(peers)} long datagrams get lost`,
        );
        return {
          ...draft,
          node: centre,
          nodes: [centre, ...peers],
          ...(peers.length === 1 && { subject: peers[0] ?? '' }),
          observers: [...new Set(seen.map(({ node }) => node))].sort(),
          evidence: firstLines(seen.map(({ node, problem }) => `overlay on ${node}: ${problem.message}`)),
        };
      },
    ),
};
