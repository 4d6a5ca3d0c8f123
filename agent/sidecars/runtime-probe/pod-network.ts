/** Really gives a new pod a network: connects a sandbox, asks at its address, and removes it. */
import { EngineError } from '../../../checks/lib/engine-error.ts';
import type { RuntimeProbeAnswer, SeenFromPod } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import type { KnockAt } from '../knock.ts';
import { within } from './limit.ts';
import { createPhases, type Phases } from './phases.ts';
import type { AttachedSandbox, ContainerRuntime, PodNetwork } from './runtime.ts';
import { removeLeftovers } from './sweep.ts';

export type AskPod = (addresses: readonly string[], signal: AbortSignal) => Promise<SeenFromPod | undefined>;

export interface PodNetworkDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly knockAt: KnockAt;
  /** How a pod of this node sees the first of these that it can reach. Undefined: none says. Ends with its signal. */
  readonly askPod?: AskPod;
  /** Takes over a sandbox that may still exist when the run failed. */
  readonly cleanUp: (name: string) => void;
}

/** Ends before the check's own deadline of 8 s, so that the answer still arrives. */
const LIMIT_MS = 7000;
/** Phases that are no part of a sandbox's life. */
const BEFORE = ['list', 'sweep'];
/** A list is cheap: a runtime that takes longer hangs. */
const LIST_LIMIT_MS = 2000;
/** Of one try, each on a connection of its own. */
const KNOCK_MS = 500;
const BETWEEN_MS = 100;
/**
 * Networks that announce a new address to the node after they gave it away take a moment. Of all sandboxes together: a kubelet
 * takes each away within 2 s, because it knows no pod of it.
 */
const ANSWER_MS = 2000;
/** How many sandboxes may be taken away. */
const ATTEMPTS = 4;
/** A responder knocks for 1.2 s. */
const POD_MS = 1500;
/** So much of the limit is left for that and for the removal. */
const POD_LATEST_MS = 4000;
/** What does not answer the node is removed after the limit. */
const SILENT_POD_LATEST_MS = LIMIT_MS - POD_MS;

/** Phases `list`, `sweep`, `sandbox`, `answer`, `remove`; `total` is that of the last three. Never rejects. */
export async function tryPodNetwork(
  runtime: ContainerRuntime,
  order: { readonly name: string; readonly instance: string },
  deps: PodNetworkDeps,
): Promise<RuntimeProbeAnswer> {
  const { podNetwork: network } = runtime;
  if (network === undefined)
    return { kind: 'unsupported', message: 'what this runtime speaks makes containers and no pods' };
  const { clock, signal, cleanUp } = deps;
  const phases = createPhases(clock);
  const startedAt = clock.monotonic();
  let mayExist = false;
  let fromPod: SeenFromPod | undefined;
  try {
    await within(LIMIT_MS, clock, signal, async (bound) => {
      const made = await phases.run('list', () => within(LIST_LIMIT_MS, clock, bound, (soon) => network.made(soon)));
      await phases.run('sweep', () =>
        removeLeftovers(network, made, { instance: order.instance, clock, signal: bound }),
      );
      mayExist = true;
      const onSilent = async (sandbox: AttachedSandbox): Promise<void> => {
        if (clock.monotonic() - startedAt < SILENT_POD_LATEST_MS)
          fromPod = await seenFromPod(network, sandbox, { ...deps, signal: bound });
      };
      const sandbox = await attached(network, order, { ...deps, phases, onSilent, signal: bound });
      if (clock.monotonic() - startedAt < POD_LATEST_MS)
        fromPod = await seenFromPod(network, sandbox, { ...deps, signal: bound });
      await phases.run('remove', () => network.remove(order.name, bound));
      phases.noteTotal('total', BEFORE);
      mayExist = false;
    });
    return seenSo(phases.succeeded(runtime.name()), fromPod);
  } catch (error) {
    if (mayExist) cleanUp(order.name);
    return seenSo(phases.failed(runtime.name(), error), fromPod);
  }
}

const seenSo = (answer: RuntimeProbeAnswer, fromPod: SeenFromPod | undefined): RuntimeProbeAnswer =>
  (answer.kind === 'ok' || answer.kind === 'failed') && fromPod !== undefined ? { ...answer, fromPod } : answer;

const TAKEN =
  'the sandbox of the probe was ended again and again before it was asked at its address, as the kubelet does with what it knows no pod of';

interface Attempt extends Omit<PodNetworkDeps, 'cleanUp'> {
  readonly phases: Pick<Phases, 'run'>;
  /** Told of the sandbox, with the one address that does not answer the node, before it is given up. */
  readonly onSilent: (sandbox: AttachedSandbox) => Promise<void>;
}

/** Who was taken away meanwhile was silent for that. */
async function seenFromPod(
  network: PodNetwork,
  { id, addresses }: AttachedSandbox,
  { askPod, clock, signal }: Pick<PodNetworkDeps, 'askPod' | 'clock' | 'signal'>,
): Promise<SeenFromPod | undefined> {
  if (askPod === undefined) return undefined;
  const seen = await within(POD_MS, clock, signal, (soon) => askPod(addresses, soon));
  if (seen !== 'silent') return seen;
  const isThere = await network.isThere(id, signal).catch(() => false);
  return isThere ? seen : undefined;
}

/** Resolves with a new sandbox that has answered. */
async function attached(
  network: PodNetwork,
  order: { readonly name: string; readonly instance: string },
  attempt: Attempt,
): Promise<AttachedSandbox> {
  const { phases, signal } = attempt;
  const silence = { forMs: 0 };
  for (let count = 1; count <= ATTEMPTS; count += 1) {
    const sandbox = await phases.run('sandbox', () => network.attach(order, signal));
    if (await phases.run('answer', () => isAnswering(network, sandbox, silence, attempt))) return sandbox;
  }
  throw new Error(TAKEN);
}

/**
 * Every address that was given is asked. False: the sandbox was taken away meanwhile. Rejects where one stays silent.
 *
 * @param silence of the sandboxes so far, while they were there; added to
 */
async function isAnswering(
  network: PodNetwork,
  { id, addresses }: AttachedSandbox,
  silence: { forMs: number },
  attempt: Attempt,
): Promise<boolean> {
  const { clock, knockAt, signal } = attempt;
  for (let lookedAt = clock.monotonic(); ;) {
    const said = await Promise.all(
      addresses.map((address) => within(KNOCK_MS, clock, signal, (soon) => knockAt(address, soon))),
    );
    const silent = said.findIndex((why) => why !== undefined);
    if (silent < 0) return true;
    if (!(await network.isThere(id, signal))) return false;
    const now = clock.monotonic();
    silence.forMs += now - lookedAt;
    lookedAt = now;
    if (silence.forMs >= ANSWER_MS) {
      const [address = ''] = addresses.slice(silent);
      await attempt.onSilent({ id, addresses: [address] });
      const words = `does not answer the node for ${(silence.forMs / 1000).toFixed(1)} s (${said[silent]})`;
      throw new EngineError('error', `its new address ${address} ${words}`);
    }
    await clock.sleep(BETWEEN_MS, signal);
  }
}
