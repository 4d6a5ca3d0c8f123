/** What one looks for in a town while its virtual time moves. */
import { type MemberState, isDown } from '../../agent/model/member.ts';
import type { Resident, Town } from './town.ts';

/** Virtual time between two looks; times are as exact. */
const LOOK_MS = 100;

export interface Sighting {
  /** The first and the last full agent for whom it is so, ms from the call; undefined: not within the bound. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

/** Moves the time until it is so for all of these. */
export async function until(
  town: Town,
  viewers: readonly Resident[],
  is: (viewer: Resident) => boolean,
  boundMs: number,
): Promise<Sighting> {
  const began = town.queue.now();
  const waiting = new Set(viewers);
  let firstMs: number | undefined;
  while (town.queue.now() - began < boundMs) {
    await town.run(LOOK_MS);
    for (const viewer of waiting) if (is(viewer)) waiting.delete(viewer);
    const elapsedMs = town.queue.now() - began;
    if (waiting.size < viewers.length) firstMs ??= elapsedMs;
    if (waiting.size === 0) return { firstMs, lastMs: elapsedMs };
  }
  return { firstMs, lastMs: undefined };
}

/** Moves the time until it is so. Undefined: not within the bound. */
export async function untilTrue(town: Town, is: () => boolean, boundMs: number): Promise<number | undefined> {
  const began = town.queue.now();
  while (town.queue.now() - began < boundMs) {
    await town.run(LOOK_MS);
    if (is()) return town.queue.now() - began;
  }
  return undefined;
}

export const stateOf = ({ mesh }: Resident, name: string): MemberState | undefined =>
  mesh.state().mesh.members.find((member) => member.name === name)?.state;

/** Share of these members that are as asked, as the agent sees them. */
export function shareOf({ mesh }: Resident, names: ReadonlySet<string>, is: 'down' | 'alive'): number {
  const fits = (state: MemberState): boolean => (is === 'down' ? isDown(state) : state === 'alive');
  const found = mesh.state().mesh.members.filter(({ name, state }) => names.has(name) && fits(state));
  return names.size === 0 ? 1 : found.length / names.size;
}

/** How many of these an agent calls down. */
export const calledDown = ({ mesh }: Resident, names: ReadonlySet<string>): number =>
  mesh.state().mesh.members.filter(({ name, state }) => names.has(name) && isDown(state)).length;

/** Whether all who spread and live know the same contents of reports. */
export function knowTheSame({ residents, carriers, lost }: Town): boolean {
  const living = carriers.filter(({ process }) => process.isAlive());
  const digests = new Set(living.map((one) => Buffer.from(one.digest()).toString('hex')));
  // What full agents know takes milliseconds to find out.
  if (digests.size > 1) return false;
  for (const { citizen, mesh } of residents) {
    if (!lost.has(citizen.name)) digests.add(mesh.state().mesh.digest.slice(0, 16));
  }
  return digests.size === 1;
}
