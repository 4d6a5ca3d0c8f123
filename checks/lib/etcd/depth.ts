/** What is looked at besides whether the member lives: its writes, the other members, who may ask it. */
import type { HostFiles } from '../../types.ts';
import { type Seldom, createSeldom } from '../seldom.ts';
import type { EtcdMetrics } from './answers.ts';
import { type Ask, type Misfit, findMisfits } from './members.ts';
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
  misfits?: { readonly found: readonly Misfit[]; readonly lookedAt: number } | undefined;
  readonly untrusted: Seldom<UntrustedClient | undefined>;
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

export const createDepthState = (): DepthState => ({ memory: createWritesMemory(), untrusted: createSeldom() });

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
  const last = state.misfits;
  const everyMs = last === undefined || last.found.length > 0 ? 0 : MEMBERS_EVERY_MS;
  if (clientUrl === undefined) state.misfits = undefined;
  else if (!isLate && (last === undefined || now - last.lookedAt >= everyMs)) {
    const found = await findMisfits(ask, clientUrl);
    state.misfits = { found: found ?? [], lookedAt: now };
  }
  return state.misfits?.found;
}
