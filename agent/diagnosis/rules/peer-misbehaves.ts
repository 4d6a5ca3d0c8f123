import type { Misbehaviour, Misdeed } from '../../model/mesh-state.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import type { Draft, Rule } from '../rule.ts';
import { PROGRAM_BY_HAND } from '../words.ts';

/** In the order in which they are told: what cannot be an accident comes first. */
const WORDS: Readonly<Record<Misdeed, string>> = {
  forged: 'badly signed records',
  invented: 'agents that do not exist',
  malformed: 'frames that nobody can read',
  oversize: 'more than may be sent at once',
  unasked: 'records that nobody asked for',
  flood: 'a flood of data',
  streams: 'too many streams',
};

export const peerMisbehaves: Rule = {
  reason: 'PeerMisbehaves',
  severity: 'warning',
  concludes: 'A peer that holds the cluster key sends what no agent of any version sends; it is cut off for a while.',
  from: 'What came over the connection with the peer, whose key was proved in the handshake: badly signed records, unreadable frames, floods.',
  sound:
    'Agents verify what they relay, so who brings a forgery answers for it. A paused, slow, crashed or older agent does nothing of the kind; what happens once does not count.',
  silentWhen: 'Ten minutes passed since the peer could come back, and it did nothing more.',
  claims: [],
  find: ({ mesh, state: { self } }) =>
    mesh === undefined ? [] : (mesh.state.misbehaving ?? []).map((culprit) => toDraft(culprit, mesh, self)),
};

function toDraft(culprit: Misbehaviour, mesh: MeshEvidence, self: string): Draft {
  const { node, peerId, addresses, sinceMs, refusedUntilMs, misdeeds } = culprit;
  const told = (Object.keys(WORDS) as Misdeed[]).flatMap((misdeed) => {
    const count = misdeeds[misdeed];
    return count === undefined ? [] : [{ what: WORDS[misdeed], count }];
  });
  const who = node === undefined ? `The peer ${peerId}` : `The agent on ${node}`;
  const until = new Date(mesh.instant(refusedUntilMs)).toISOString().slice(11, 19);
  const isRefused = mesh.nowMs < refusedUntilMs;
  const place = addresses[0] ?? node ?? peerId;
  return {
    reason: 'PeerMisbehaves',
    severity: 'warning',
    nodeSeverity: 'warning',
    node: node ?? self,
    ...(node === undefined && { subject: peerId }),
    sentence: `${who} sends what no agent sends, ${told[0]?.what ?? 'garbage'}: ${isRefused ? 'cut off' : 'it was cut off'} from ${self} until ${until} UTC`,
    since: mesh.instant(sinceMs),
    observers: [self],
    dissent: [],
    evidence: [
      ...told.map(({ what, count }) => `${what}: ${count === 1 ? 'once' : `${count} times`}`),
      `its key is ${peerId}${addresses.length > 0 ? `, at ${addresses.join(', ')}` : ''}`,
    ],
    alternatives: [
      'its cluster key or its machine is compromised',
      'its memory or its agent’s program is damaged',
      'an agent of another cluster was given this cluster’s key',
    ],
    next: [
      `Look at what runs at ${place}, and compare its program with the others’: \`meerkat version\` (${PROGRAM_BY_HAND})`,
      'If somebody else may hold the cluster key, change it: meerkat key rotate',
    ],
    intervalMs: 5000,
  };
}
