/**
 * What is planned is no fault: while somebody works on a node, or something removes it, what its own checks raise there,
 * and paths that end there, are told and wake nobody. For its host and its agent the rules ask {@link MeshEvidence.excuse} themselves.
 *
 * What is critical stays so, and so does what is about the cluster as a whole. What it means for the node stays, too:
 * whoever asks a node how it is must not be told that it is well.
 */
import type { MeshEvidence } from './mesh-evidence.ts';
import { type Draft, nodesOf } from './rule.ts';

/** Of a path, or of several around one node: either end may be the one that is worked on. */
const PATHS: ReadonlySet<string> = new Set([
  'LinkDown',
  'OneWayLink',
  'PeersUnreachable',
  'PacketLoss',
  'PathMtuBroken',
  'OverlayBroken',
  'OverlayMtuBroken',
  'ClockSkew',
]);

/** Of one node, as others see it. */
const SEEN_BY_OTHERS: ReadonlySet<string> = new Set(['KeyMismatch']);

export function withPlannedWork(drafts: readonly Draft[], mesh: MeshEvidence | undefined): readonly Draft[] {
  if (mesh === undefined || mesh.planned.size === 0) return drafts;
  return drafts.map((draft) => {
    const node = placeOf(draft, mesh.planned);
    const words = node === undefined ? undefined : mesh.planned.get(node);
    if (words === undefined || draft.severity !== 'warning' || draft.isOfAll === true) return draft;
    return { ...draft, severity: 'info', evidence: [...draft.evidence, `${node} is ${words}`] };
  });
}

/** The one of these nodes that it is about; undefined: it is about another one, too, or another one sees it. */
function placeOf(draft: Draft, worked: ReadonlyMap<string, string>): string | undefined {
  const { node, reason, observers } = draft;
  const others = nodesOf(draft).filter((one) => one !== node);
  if (PATHS.has(reason)) {
    if (worked.has(node)) return node;
    return others.every((one) => worked.has(one)) ? others[0] : undefined;
  }
  const seers = SEEN_BY_OTHERS.has(reason) ? [] : observers;
  return [node, ...others, ...seers].every((one) => worked.has(one)) ? node : undefined;
}
