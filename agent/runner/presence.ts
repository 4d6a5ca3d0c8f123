/**
 * Whether a thing that is not here should be. Expected is what is configured, what a static manifest, an enabled unit
 * or the kubelet's configuration names, and what was seen here before.
 */
import type { AnyCheck, HostFiles, Outcome } from '../../checks/types.ts';
import { messageOf } from '../base/errors.ts';
import type { ForgetCheckOutcome } from '../model/forget-outcome.ts';

export interface Expectation {
  /** The operator's own word: `expected: true` in the check's settings. */
  readonly configured: boolean;
  /** When it was last seen here, Unix ms; undefined: never. */
  readonly seenAt?: number;
  /** False while the memory of earlier runs could not be read: then nothing is called absent. */
  readonly memoryKnown: boolean;
}

/** True for an outcome that proves that the thing exists on this node. */
export const provesPresence = (outcome: Outcome): boolean => outcome.status === 'ok' || outcome.status === 'problem';

/** Turns `absent` into the check's problem where the thing is expected. Other outcomes pass unchanged. */
export async function resolvePresence(
  check: AnyCheck,
  config: unknown,
  outcome: Outcome,
  host: HostFiles,
  expectation: Expectation,
): Promise<Outcome> {
  if (outcome.status !== 'absent' || check.presence === undefined) return outcome;
  let trace: string | undefined;
  try {
    trace = await reasonToExpect(check, config, host, expectation);
  } catch (error) {
    return { status: 'unknown', why: `${outcome.why}; whether it belongs here cannot be told: ${messageOf(error)}` };
  }
  if (trace !== undefined) {
    const message = `${outcome.why}, though it belongs here: ${trace}`;
    return { status: 'problem', problems: [{ reason: check.presence.reason, message }] };
  }
  if (expectation.memoryKnown) return outcome;
  return { status: 'unknown', why: `${outcome.why}; whether it ran here before cannot be read from the store yet` };
}

/** What expects the thing here, whether it was seen or not; undefined: nothing does. */
export async function expectedBy(
  check: AnyCheck,
  config: unknown,
  host: HostFiles,
  expectation: Omit<Expectation, 'seenAt'>,
): Promise<Extract<ForgetCheckOutcome, { readonly why: string }> | undefined> {
  try {
    const why = await reasonToExpect(check, config, host, expectation);
    return why === undefined ? undefined : { kind: 'expected', why };
  } catch (error) {
    return { kind: 'cannot-tell', why: messageOf(error) };
  }
}

async function reasonToExpect(
  check: AnyCheck,
  config: unknown,
  host: HostFiles,
  expectation: Expectation,
): Promise<string | undefined> {
  if (expectation.configured) return `checks.${check.id}.expected is set`;
  // The registry forgets each check's own configuration type; the configuration was validated against its schema.
  const trace = await check.presence?.traces({ config: config as never, host });
  if (trace !== undefined) return trace;
  if (expectation.seenAt === undefined) return undefined;
  return `it was seen here on ${new Date(expectation.seenAt).toISOString().slice(0, 19)}Z`;
}
