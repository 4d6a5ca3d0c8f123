/**
 * What the agent and the runtime probe say to each other over a unix socket: one line of JSON in, `{"probe":"ping"}`,
 * `{"probe":"start"}` or `{"probe":"network"}`, and one line of JSON out, then the connection ends. There is no other verb
 * and no parameter. In the middle of `network` the probe says `{"attached":["10.244.1.9"]}` and waits a moment for how a pod sees
 * that: `{"pod":"answered"}`, `{"pod":"silent"}` or `{"pod":"unknown"}`.
 *
 * The two may be of different versions, as a probe that an agent starts after its program was replaced. A probe refuses a
 * request that it does not know, and what it does not know in one: nothing is half done. It waits no longer than for a silent pod
 * for an answer in the middle. An agent passes over lines in the middle and fields that it does not know. An answer or a refusal
 * that it cannot place says nothing of the runtime: it is `unavailable`, with the probe's own words.
 */
import { isIP } from 'node:net';
import type { RuntimeProbeAnswer, RuntimeProbeVerb, SeenFromPod } from '../../../checks/types.ts';

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

export const encodeAttached = (addresses: readonly string[]): string => `${JSON.stringify({ attached: addresses })}\n`;

/** Undefined for what is none. */
export function decodeAttached(line: string): readonly string[] | undefined {
  const value = parse(line);
  const addresses: unknown = isRecord(value) ? value['attached'] : undefined;
  const isOne = (one: unknown): one is string => typeof one === 'string' && isIP(one) !== 0;
  return Array.isArray(addresses) && addresses.length > 0 && addresses.every(isOne) ? addresses : undefined;
}

export const encodeSeen = (seen: SeenFromPod | undefined): string => `${JSON.stringify({ pod: seen ?? 'unknown' })}\n`;

/** Undefined also for what cannot be understood: nothing follows from it. */
export function decodeSeen(line: string): SeenFromPod | undefined {
  const value = parse(line);
  return isRecord(value) && isSeen(value['pod']) ? value['pod'] : undefined;
}

export const encodeAnswer = (answer: RuntimeProbeAnswer): string => `${JSON.stringify(answer)}\n`;

/** Whether a probe says it in the middle: it is no answer, and none of another version. */
export function isInTheMiddle(line: string): boolean {
  const value = parse(line);
  return isRecord(value) && value['kind'] === undefined && value['error'] === undefined;
}

/** `unavailable` for what another version may mean; undefined for what is no answer at all. */
export function decodeAnswer(line: string): RuntimeProbeAnswer | undefined {
  const value = parse(line);
  return isRecord(value) ? (knownAnswer(value) ?? foreignAnswer(value)) : undefined;
}

function foreignAnswer({ kind, message, error }: Record<string, unknown>): RuntimeProbeAnswer | undefined {
  if (typeof error === 'string')
    return { kind: 'unavailable', message: `the runtime probe refuses, it may be of another version: ${error}` };
  if (typeof kind !== 'string' || typeof message !== 'string') return undefined;
  return { kind: 'unavailable', message: `the runtime probe is of another version, and says: ${message}` };
}

function knownAnswer(value: Record<string, unknown>): RuntimeProbeAnswer | undefined {
  const { kind, message, runtime, failure, phase, phases, configured, fromPod } = value;
  if (kind === 'none' || kind === 'unsupported' || kind === 'unavailable')
    return typeof message === 'string' ? { kind, message } : undefined;
  if (typeof runtime !== 'string' || !isPhases(phases)) return undefined;
  if (kind === 'ok') return { kind, runtime, phases, ...(isSeen(fromPod) && { fromPod }) };
  if (kind !== 'failed' || typeof phase !== 'string' || typeof message !== 'string') return undefined;
  if (failure !== 'hung' && failure !== 'refused' && failure !== 'error') return undefined;
  return {
    kind,
    runtime,
    failure,
    phase,
    message,
    phases,
    ...(configured === true && { configured }),
    ...(isSeen(fromPod) && { fromPod }),
  };
}

const isSeen = (value: unknown): value is SeenFromPod => value === 'answered' || value === 'silent';

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
