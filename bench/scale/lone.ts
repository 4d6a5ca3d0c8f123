/** One full agent among members that are only told of: its neighbours answer its probes, and nobody is connected. */
import type { Clock } from '../../agent/base/clock.ts';
import type { MeshParts } from '../../agent/mesh/compose/parts.ts';
import type { ProbesDeps } from '../../agent/mesh/probes/probes.ts';
import type { ProbeTarget } from '../../agent/mesh/probes/observation.ts';
import type { Transport } from '../../agent/mesh/transport/types.ts';
import { type EventQueue, createEventQueue } from '../../test/simulation/event-queue.ts';
import { createVirtualProcess } from '../../test/simulation/mesh/virtual-process.ts';
import { type FullAgent, createFullAgent, warmMemory } from './full-agent.ts';
import { type Population, NOON, firstWords, quietReport } from './population.ts';

export interface Lone {
  readonly agent: FullAgent;
  readonly queue: EventQueue;
  /** Moves the virtual time. */
  run(durationMs: number): Promise<void>;
}

const DIAL_MS = 5000;

/** @param turn wraps every turn of the agent's event loop */
export async function startLone(
  population: Population,
  turn: (label: string, action: () => void) => void = (_, action) => action(),
): Promise<Lone> {
  const queue = createEventQueue();
  const [citizen] = population.citizens;
  if (citizen === undefined) throw new Error('nobody is there');
  const process = createVirtualProcess(queue, () => 0);
  const words = population.citizens.flatMap((one) => Object.values(firstWords(population, one)));
  let seed = 1;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const agent = createFullAgent(
    { citizen, memory: warmMemory(population, words), process, random, report: () => quietReport(citizen, NOON) },
    {
      openTransport: async () => silentTransport(citizen.keys.peerId, citizen.address, process.clock),
      startProbes: async (_, deps) => answeringProbes(deps),
      askWitnesses: async () => ({ verdict: 'silent', asked: [], tookMs: 0 }),
    },
  );
  const run = async (durationMs: number): Promise<void> => {
    const until = queue.now() + durationMs;
    for (let action = queue.take(until); action !== undefined; action = queue.take(until)) {
      turn('timer', action);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const started = agent.mesh.start();
  await run(5000);
  await started;
  return { agent, queue, run };
}

/** Every target answers once a second. */
function answeringProbes({ clock, onObservation }: ProbesDeps): Awaited<ReturnType<MeshParts['startProbes']>> {
  let targets: readonly ProbeTarget[] = [];
  const digest = new Uint8Array(8);
  const answer = ({ peerId, addresses }: ProbeTarget): void => {
    const [address] = addresses;
    if (address === undefined) return;
    const at = clock.monotonic();
    const none = { lost: 0, of: 10 };
    const loss = { roundTrip: none, toPeer: none, fromPeer: none };
    onObservation({
      kind: 'answered',
      peerId,
      at,
      address,
      isLate: false,
      rttMs: 0.5,
      state: { boot: 1, sequence: 1, digest },
      loss,
    });
  };
  const stop = clock.every(250, () => targets.forEach(answer));
  return {
    setPlan: (plan) => void (targets = plan),
    admit: () => {},
    move: async () => {},
    ping: () => {},
    look: () => {},
    testSize: () => {},
    fullSizes: () => new Map(),
    counters: () => ({}) as never,
    stop: async () => stop(),
  };
}

/** Whoever is dialled is silent until the dial is given up. */
function silentTransport(peerId: string, address: string, clock: Clock): Transport {
  return {
    peerId,
    start: async () => {},
    stop: async () => {},
    relisten: async () => {},
    listening: () => [address],
    peers: () => [],
    async connect(addresses, _, signal) {
      await clock.sleep(DIAL_MS, signal);
      return { attempts: addresses.map((one) => ({ address: one, outcome: 'timeout' as const })) };
    },
    disconnect: async () => {},
    admit: () => {},
    open: async () => ({ kind: 'failed', why: 'not-connected' }),
    handle: () => {},
    publish: async () => ({ kind: 'published', recipients: 0 }),
    subscribe: () => {},
    watch: () => () => {},
    counts: () => ({
      refused: { stranger: 0, limit: 0, other: 0 },
      messages: { accepted: 0, ignored: 0, rejected: 0 },
      deaf: 0,
      silent: 0,
      duplicates: 0,
      handlersFailed: 0,
    }),
  };
}
