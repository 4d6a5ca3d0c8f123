/** What faults are done to, and what one that is under way promises. */
import type { Monitor } from '../monitor.ts';
import type { Truth } from '../truth.ts';
import type { World } from '../world.ts';

/** What faults are done to, and who knows what is true and what is said. */
export interface Stage {
  readonly world: World;
  readonly truth: Truth;
  readonly monitor: Monitor;
}

/** A fault under way. */
export interface Running {
  /** So long after its begin everybody knows. Undefined: there is nothing to know, or nobody can say when. */
  readonly knownAfterMs?: number;
  /** So long after its end all is well. */
  readonly healedAfterMs: number;
  /** Called before it ends: what everybody must have said by then; sentences of what is missing. */
  readonly check?: () => readonly string[];
  end(): void;
}

/** Design section 13: a killed agent is known to be down. */
export const DOWN_MS = 1500;
/** Design section 13: a silent host is known to be silent. */
export const SILENT_MS = 4200;
/**
 * Design section 13: both sides of a cut have told of the other. Every loss puts the verdicts off by 0.5 s, by 2 s at most,
 * and members are lost one by one for a second: one silent host is told sooner than a side.
 */
export const PARTED_MS = 5000;
/** Where most members are gone, the rest must first find whom to observe: two silences, one after the other. */
export const FEW_LEFT_MS = 7500;
export const BACK_MS = 3000;
/** An agent that starts asks for its boot for up to 3 s, and settles within 10 s. */
export const STARTED_MS = 10_000;
/** A new key has its name after 5 s at the old one's address. */
export const RENAMED_MS = 16_000;
