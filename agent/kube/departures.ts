/**
 * Which members are no nodes any more, by what a reader sees: a Node that was deleted, or that is missing in two full lists
 * a minute apart. An implausible list proves nothing: an etcd that was restored from an old copy, or is empty, shows few
 * Nodes or none, and nobody has left for that.
 */
import type { Clock } from '../base/clock.ts';
import type { ForgetOutcome } from '../model/forget-outcome.ts';

export interface Departures {
  deleted(name: string): void;
  /** A full list was read. Returns true when another one is wanted in {@link AGAIN_MS}. */
  listed(names: ReadonlySet<string>): boolean;
  /** A Node of that name is there again. */
  present(name: string): void;
  /** Tries again those that could not be removed yet. */
  review(): void;
}

export interface DepartureDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly self: string;
  /** Whether this agent has ever read its own Node. */
  readonly hadOwnNode: () => boolean;
  /** Other members whose agents said which Node they live on: of those that did not a list of Nodes says nothing. */
  readonly withNode: () => readonly string[];
  readonly forget: (name: string, why: 'deleted' | 'absent') => ForgetOutcome;
  readonly notice: (message: string) => void;
}

/** A second list so much later, at least, and somewhat more. */
const APART_MS = 60_000;
export const AGAIN_MS = 70_000;
/** So often an implausible list is looked at again soon; what stays so is looked at with the next one. */
const MOST_DOUBTED = 5;
const FEW = 3;
const SHARE = 0.2;
/** What stays for longer is for a person to decide. */
const KEEP_TRYING_MS = 30 * 60_000;

export function createDepartures(deps: DepartureDeps): Departures {
  const { clock, self } = deps;
  /** Name → when it was missing first; monotonic ms. */
  const absent = new Map<string, number>();
  const gone = new Map<string, { readonly why: 'deleted' | 'absent'; readonly since: number }>();
  let doubt: string | undefined;
  /** How many lists in a row. */
  let doubted = 0;

  const doubtOf = (
    names: ReadonlySet<string>,
    known: readonly string[],
    missing: readonly string[],
  ): string | undefined => {
    if (names.size === 0) return 'the Kubernetes API lists no Nodes at all';
    if (deps.hadOwnNode() && !names.has(self)) return `the Kubernetes API lists ${names.size} Nodes, and not this one`;
    if (missing.length <= Math.max(FEW, SHARE * known.length)) return undefined;
    return `the Kubernetes API lists ${names.size} Nodes, and ${missing.length} of ${known.length} that were there are missing`;
  };
  const review = (): void => {
    for (const [name, { why, since }] of gone) {
      const { kind } = deps.forget(name, why);
      const isOver = kind === 'forgotten' || kind === 'forgotten-before' || kind === 'unknown-name' || kind === 'self';
      if (kind === 'forgotten')
        deps.notice(`${name} was removed from the cluster: its Node ${why === 'deleted' ? 'was deleted' : 'is gone'}`);
      if (isOver || clock.monotonic() - since > KEEP_TRYING_MS) gone.delete(name);
    }
  };
  return {
    deleted(name) {
      gone.set(name, { why: 'deleted', since: clock.monotonic() });
      review();
    },
    listed(names) {
      const now = clock.monotonic();
      const known = deps.withNode();
      const missing = known.filter((name) => !names.has(name));
      const before = doubt;
      doubt = doubtOf(names, known, missing);
      if (doubt !== undefined && before === undefined) deps.notice(`${doubt}: nobody is removed for that`);
      if (doubt === undefined) doubted = 0;
      for (const name of absent.keys()) if (names.has(name) || !known.includes(name)) absent.delete(name);
      for (const name of gone.keys()) if (names.has(name)) gone.delete(name);
      if (doubt !== undefined) {
        absent.clear();
        doubted += 1;
        return doubted <= MOST_DOUBTED;
      }
      for (const name of missing) {
        const since = absent.get(name);
        if (since === undefined) absent.set(name, now);
        else if (now - since >= APART_MS) gone.set(name, { why: 'absent', since: now });
      }
      review();
      return missing.some((name) => now - (absent.get(name) ?? now) < APART_MS);
    },
    present(name) {
      absent.delete(name);
      gone.delete(name);
    },
    review,
  };
}
