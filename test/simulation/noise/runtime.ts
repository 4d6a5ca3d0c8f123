/**
 * The runtime probe: container-runtime, container-start and pod-network.
 *
 * - Any of the three hangs, is refused, fails or cannot be asked once now and then, and not in the run that confirms it.
 * - Now and then a pod does not hear a new address once.
 * - A ping takes up to 1.5 s, a container up to 4.9 s of 5 s, a network up to 5 s.
 * - An update of the network takes its configuration, and its programs, away for up to 45 s (a problem after a minute).
 */
import type { RuntimePort, RuntimeProbeAnswer, RuntimeProbeVerb } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, MINUTE, SECOND } from './part.ts';

export interface Runtime {
  readonly port: RuntimePort;
  /** From now on this is answered so. */
  force(verb: RuntimeProbeVerb, answer: RuntimeProbeAnswer): void;
}

const NAME = 'containerd 2.1.4';
type Failure = Extract<RuntimeProbeAnswer, { readonly kind: 'failed' }>;

export const failed = (failure: Failure['failure'], phase: string, message = 'in this test'): Failure => ({
  kind: 'failed',
  runtime: NAME,
  failure,
  phase,
  message,
  phases: {},
  configured: true,
});
export const took = (
  phases: Readonly<Record<string, number>>,
): Extract<RuntimeProbeAnswer, { readonly kind: 'ok' }> => ({
  kind: 'ok',
  runtime: NAME,
  phases,
});
/** The node hears the new address, and the overlay responder does not. */
export const SILENT_TO_PODS: RuntimeProbeAnswer = { ...took({ total: 400 }), fromPod: 'silent' };
export const NO_NETWORK = failed('error', 'network', 'cni plugin not initialized');

const UPDATE_MS = 45 * SECOND;

export function createRuntime(noise: Noise): Runtime {
  const forced = new Map<RuntimeProbeVerb, RuntimeProbeAnswer>();
  const update = noise.spells({ everyMs: 2 * HOUR, lastsMs: [10 * SECOND, UPDATE_MS] });
  const moments = {
    ping: noise.singles()(0.02),
    start: noise.singles()(0.05),
    // Two looks follow each other after a minute, and what is bad in both has lasted that long.
    network: noise.singles(() => update.isNear(3 * MINUTE))(0.02),
  };
  const times = { ping: noise.tail(3, 1500), start: noise.tail(600, 4900), network: noise.tail(400, 5000) };
  const unwell: Readonly<Record<RuntimeProbeVerb, readonly RuntimeProbeAnswer[]>> = {
    ping: [failed('hung', 'ping'), failed('refused', 'ping'), failed('error', 'ping')],
    start: [failed('hung', 'start'), failed('error', 'create'), failed('error', 'remove'), took({ total: 7500 })],
    network: [failed('hung', 'sandbox'), failed('error', 'sandbox'), SILENT_TO_PODS],
  };
  const answer = (verb: RuntimeProbeVerb): RuntimeProbeAnswer => {
    const now = forced.get(verb);
    if (now !== undefined) return now;
    if (moments[verb]()) return noise.random.pick([...unwell[verb], UNAVAILABLE]);
    if (verb === 'ping' && update.isOn()) return NO_NETWORK;
    if (verb === 'network' && update.isOn()) return failed('error', 'sandbox', 'no such file: /opt/cni/bin/bridge');
    const total = times[verb]();
    if (verb === 'ping') return took({ ping: total, list: 2 });
    const made = took({ sandbox: total / 2, total });
    return verb === 'network' ? { ...made, fromPod: 'answered' } : made;
  };
  return {
    port: { probe: async (verb) => answer(verb) },
    force: (verb, result) => void forced.set(verb, result),
  };
}

const UNAVAILABLE: RuntimeProbeAnswer = { kind: 'unavailable', message: 'the probe has another run under way' };
