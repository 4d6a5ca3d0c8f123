/** What the two checks of the container runtime make of an answer of its probe. */
import { absent, type Outcome, type Reading, type ReadingSpec, type RuntimeProbeAnswer, unknown } from '../types.ts';

/** The runtime answered or failed: the check decides what that means. */
export type Tried = Extract<RuntimeProbeAnswer, { readonly kind: 'ok' | 'failed' }>;

/**
 * The outcome where there is no runtime, or none that has such a thing, or nobody could look. A socket that nobody serves is `absent` unless it is
 * configured: it may be left from a runtime that is not used any more, and the runner knows what belongs here.
 */
export function triedOrOutcome(answer: RuntimeProbeAnswer): Tried | Outcome<never> {
  if (answer.kind === 'none' || answer.kind === 'unsupported') return absent(answer.message);
  if (answer.kind === 'unavailable') return unknown(answer.message);
  const nobody = answer.kind === 'failed' && answer.failure === 'refused' && answer.configured !== true;
  return nobody ? absent(answer.message) : answer;
}

/** `create` in milliseconds becomes `create_seconds`; phases that the check does not name are left out. */
export const phaseReadings = (
  phases: Readonly<Record<string, number>>,
  specs: Readonly<Record<string, ReadingSpec>>,
): Reading[] =>
  Object.entries(phases)
    .map(([phase, durationMs]) => ({ name: `${phase}_seconds`, value: Math.round(durationMs * 1000) / 1_000_000 }))
    .filter(({ name }) => Object.hasOwn(specs, name));
