/** The network of pods, as the probe tries it by CRI: a sandbox without a container, whose address is asked for. */
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { type CriDeps, createCriSandboxes, isRefusal } from './cri-sandboxes.ts';
import type { PodNetwork } from './runtime.ts';

export function createCriPodNetwork(deps: CriDeps): PodNetwork {
  // A label of its own: a start that runs at the same time does not take it for a leftover.
  const sandboxes = createCriSandboxes(deps, { probe: 'network', name: 'meerkat-network-probe', network: 'POD' });
  return {
    made: sandboxes.made,
    remove: sandboxes.remove,
    attach: (order, signal) =>
      sandboxes.connected(async (engine) => {
        const { id } = await sandboxes.run(engine, order, signal);
        const { addresses } = await engine.sandbox(id, signal);
        if (addresses.length === 0) throw new EngineError('error', 'the new sandbox has no address');
        return { id, addresses };
      }),
    isThere: (id, signal) =>
      sandboxes.connected(async (engine) => {
        try {
          return (await engine.sandbox(id, signal)).isReady;
        } catch (error) {
          if (isRefusal(error) && error.isNotFound) return false;
          throw error;
        }
      }),
  };
}
