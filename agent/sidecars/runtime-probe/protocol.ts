/**
 * What the agent and the runtime probe say to each other over a unix socket: one line of JSON in, `{"probe":"ping"}`,
 * `{"probe":"start"}` or `{"probe":"network"}`, and one line of JSON out, then the connection ends. There is no other verb
 * and no parameter.
 */
import type { RuntimeProbeAnswer, RuntimeProbeVerb } from '../../../checks/types.ts';

export type Verb = RuntimeProbeVerb;

const VERBS: readonly string[] = ['ping', 'start', 'network'] satisfies Verb[];

/** A request that is longer is refused. */
export const MAX_REQUEST_BYTES = 1024;
/** An answer that is longer is not believed. */
export const MAX_ANSWER_BYTES = 16_384;

/** Said by the probe to its parent on standard output once it listens. */
export const READY_LINE = 'ready\n';

export const encodeRequest = (verb: Verb): string => `${JSON.stringify({ probe: verb })}\n`;

/** Undefined for anything that is not exactly one of the requests. */
export function decodeRequest(line: string): Verb | undefined {
  const value = parse(line);
  if (!isRecord(value) || Object.keys(value).length !== 1) return undefined;
  return isVerb(value['probe']) ? value['probe'] : undefined;
}

export const encodeAnswer = (answer: RuntimeProbeAnswer): string => `${JSON.stringify(answer)}\n`;

/** Undefined for anything that is no {@link RuntimeProbeAnswer}: the two processes may be of different versions. */
export function decodeAnswer(line: string): RuntimeProbeAnswer | undefined {
  const value = parse(line);
  if (!isRecord(value)) return undefined;
  const { kind, message, runtime, failure, phase, phases, configured } = value;
  if (kind === 'none' || kind === 'unsupported' || kind === 'unavailable')
    return typeof message === 'string' ? { kind, message } : undefined;
  if (typeof runtime !== 'string' || !isPhases(phases)) return undefined;
  if (kind === 'ok') return { kind, runtime, phases };
  if (kind !== 'failed' || typeof phase !== 'string' || typeof message !== 'string') return undefined;
  if (failure !== 'hung' && failure !== 'refused' && failure !== 'error') return undefined;
  return { kind, runtime, failure, phase, message, phases, ...(configured === true && { configured }) };
}

const isVerb = (value: unknown): value is Verb => typeof value === 'string' && VERBS.includes(value);

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPhases = (value: unknown): value is Record<string, number> =>
  isRecord(value) && Object.values(value).every((one) => typeof one === 'number');
