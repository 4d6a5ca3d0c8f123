/** What is looked at besides whether the member lives: its writes, the other members, who may ask it. */
import type { HostFiles } from '../../types.ts';
import { type Seldom, createSeldom } from '../seldom.ts';
import type { EtcdMetrics } from './answers.ts';
import { type Ask, type KnownPorts, type Misfit, findMisfits } from './members.ts';
import { type UntrustedClient, findUntrustedClient } from './trust.ts';
import { type Writes, type WritesMemory, createWritesMemory, measureWrites } from './writes.ts';

export interface Depth {
  /** Measured with the last metrics, unless these are old. */
  readonly writes?: Writes;
  readonly misfits?: readonly Misfit[];
  readonly untrusted?: UntrustedClient;
}

/** What is remembered between runs. Times are monotonic milliseconds. */
export interface DepthState {
  readonly memory: WritesMemory;
  writes?: { readonly value: Writes; readonly measuredAt: number };
  members?: MembersLook | undefined;
  known: { readonly ports: KnownPorts; readonly since: number };
  readonly untrusted: Seldom<UntrustedClient | undefined>;
}

/** The last look at the members. */
interface MembersLook {
  readonly found: readonly Misfit[];
  /** The look before it found something, too. */
  readonly isConfirmed: boolean;
  /** By URL. */
  readonly awaySince: ReadonlyMap<string, number>;
  readonly nextAt: number;
}

export interface DepthDeps {
  readonly ask: Ask;
  readonly host: HostFiles;
  readonly now: number;
  /** Undefined: it may not be asked. */
  readonly clientUrl?: string | undefined;
  readonly trustedCaFile?: string | undefined;
  /** There is no time left to ask anybody else. */
  readonly isLate: boolean;
  /** Of this run. */
  readonly metrics?: EtcdMetrics | undefined;
}

/** More often only while something does not fit. */
export const MEMBERS_EVERY_MS = 30_000;
/** What was measured longer ago says nothing of now. */
const WRITES_HOLD_MS = 30_000;
/** Packets get lost, and a machine may have no time; a refusal needs no patience. */
const SILENT_FOR_MS = 30_000;
/** A member that is restarted, as for an upgrade, is back by then. */
export const GONE_FOR_MS = 90_000;
/** After that its certificate may be another one. */
const KNOWN_MS = 600_000;

export const createDepthState = (): DepthState => ({
  memory: createWritesMemory(),
  untrusted: createSeldom(),
  known: { ports: new Set(), since: -Infinity },
});

/** Never rejects. Updates the state. */
export async function lookDeeper(state: DepthState, deps: DepthDeps): Promise<Depth> {
  const { host, now, trustedCaFile, metrics } = deps;
  if (metrics !== undefined) state.writes = { value: measureWrites(state.memory, metrics, now), measuredAt: now };
  const writes =
    state.writes !== undefined && now - state.writes.measuredAt < WRITES_HOLD_MS ? state.writes : undefined;
  const misfits = await misfitsOf(state, deps);
  const untrusted =
    trustedCaFile === undefined
      ? undefined
      : await state.untrusted.get(() => findUntrustedClient(host, trustedCaFile), now);
  // Files are changed one after the other: what was found is read anew before it is told.
  if (untrusted !== undefined) state.untrusted.forget();
  return {
    ...(writes !== undefined && { writes: writes.value }),
    ...(misfits !== undefined && { misfits }),
    ...(untrusted !== undefined && { untrusted }),
  };
}

async function misfitsOf(
  state: DepthState,
  { ask, clientUrl, isLate, now }: DepthDeps,
): Promise<readonly Misfit[] | undefined> {
  const last = state.members;
  if (clientUrl === undefined) {
    state.members = undefined;
    return undefined;
  }
  if (isLate) return standing(last);
  if (last !== undefined && now < last.nextAt) return last.found;
  if (now - state.known.since >= KNOWN_MS) state.known = { ports: new Set(), since: now };
  const seen = await findMisfits(ask, clientUrl, state.known.ports);
  // Who did not tell who the others are takes nothing back.
  if (seen === undefined) {
    const { found = [], isConfirmed = false, awaySince = new Map<string, number>() } = last ?? {};
    state.members = { found, isConfirmed, awaySince, nextAt: found.length > 0 ? now : now + MEMBERS_EVERY_MS };
    return standing(last);
  }
  const awaySince = new Map(
    seen.flatMap((one) => (patienceMs(one) > 0 ? [[one.url, last?.awaySince.get(one.url) ?? now] as const] : [])),
  );
  const found = seen.filter((one) => now - (awaySince.get(one.url) ?? now) >= patienceMs(one));
  // What was found is looked at in every run, until it was gone in two.
  const isSettled = seen.length === 0 && (last === undefined || last.found.length === 0);
  const isConfirmed = last !== undefined && last.found.length > 0;
  state.members = { found, isConfirmed, awaySince, nextAt: isSettled ? now + MEMBERS_EVERY_MS : now };
  return found;
}

/** What a run says that did not look: what was seen once would be confirmed by nobody who looked again. */
const standing = (last: MembersLook | undefined): readonly Misfit[] | undefined =>
  last?.isConfirmed === false ? [] : last?.found;

/** How long it has to be so. */
function patienceMs(misfit: Misfit): number {
  if (misfit.kind === 'gone') return GONE_FOR_MS;
  return misfit.kind === 'peer-address' && misfit.isSilent ? SILENT_FOR_MS : 0;
}
