/** The overlay responder of this node, wired to what the mesh knows: whom it pings, and with which key it is known. */
import type { OverlayView } from '../checks/types.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import type { MeshView } from './mesh/mesh.ts';
import { type ClusterKey, overlayKeyOf } from './mesh/identity/cluster-key.ts';
import { type OverlayPort, type OverlayTarget, createOverlayPort } from './sidecars/overlay/port.ts';
import type { OverlayEdge } from './model/member.ts';
import { hasKubernetes } from './world.ts';

export interface JoinedOverlayDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where the responder answers has changed. */
  readonly onMoved: () => void;
}

export interface JoinedOverlay extends Omit<OverlayPort, 'admit'> {
  /** The cluster keys that are accepted from now on. */
  admit(keys: readonly ClusterKey[]): void;
  /** What the mesh knows now. */
  see(view: MeshView): void;
  /** Of the paths that its responder pings. */
  edges(): readonly OverlayEdge[];
}

/** Undefined: the configuration wants none. */
export function createJoinedOverlay(config: Config, deps: JoinedOverlayDeps): JoinedOverlay | undefined {
  const { listen, port } = config.overlay;
  if (!config.mesh.enabled || listen === 'never' || (listen === 'kubernetes' && !hasKubernetes(config)))
    return undefined;
  let seen: MeshView | undefined;
  const overlay = createOverlayPort(port, { ...deps, targets: () => (seen === undefined ? [] : targetsIn(seen)) });
  return {
    ...overlay,
    admit: (keys) => overlay.admit(keys.map(overlayKeyOf)),
    see(view) {
      seen = view;
    },
    edges: () => edgesIn(overlay.view()),
  };
}

/** Nodes whose agents answer on the underlay, and whose responders call them. */
function targetsIn({ edges, peers }: MeshView): readonly OverlayTarget[] {
  const reached = new Set(
    edges.flatMap(({ peer, state, sampled, hindered }) =>
      state === 'good' && sampled !== true && hindered !== true ? [peer] : [],
    ),
  );
  return peers.flatMap(({ report: { node, podAddresses }, freshness }) =>
    podAddresses !== undefined && freshness === 'current' && reached.has(node)
      ? [{ node, addresses: podAddresses }]
      : [],
  );
}

const edgesIn = (view: OverlayView): readonly OverlayEdge[] =>
  view.kind !== 'known'
    ? []
    : view.paths
        .filter(({ short }) => short.sent > 0)
        .map(({ node, short, rttMs }) => ({
          peer: node,
          lossRatio: short.lost / short.sent,
          ...(rttMs !== undefined && { rttMs }),
        }));
