/** What agents tell each other of their scenes, on the board: nothing that a container wrote. */
import type { Note } from '../../model/board.ts';
import {
  Malformed,
  readInstant,
  readInteger,
  readMatch,
  readNumber,
  readOptional,
  readText,
} from '../../model/read.ts';
import { type HeldIncident, type Incident, SCENE_CAUSES, SCENE_ID, type SceneCause } from '../../model/scene.ts';
import { cleanText } from '../../model/text.ts';
import { fairShare } from './fair-share.ts';

/** Of each node; together with the longest names that Kubernetes allows they fit into a note. */
const MOST_TOLD = 16;
const MOST_NAME = 253;
const MOST_LABEL = 63;
const MOST_REASON = 24;
const MAX_RUN = 1e9;

/**
 * The newest, of what fails most often fewer, as they are said now: `[id, ago in ms, namespace, pod, container, cause, reduced, run, exit code, reason, ran for
 * ms]`. Newer versions may add to it.
 *
 * @param incidents newest first @param now Unix ms
 */
export const writeIncidents = (incidents: readonly Incident[], now: number): readonly unknown[] =>
  fairShare(incidents, MOST_TOLD).map(
    ({ id, at, namespace, pod, container, cause, isReduced, run, exitCode, reason, ranMs }) => [
      id,
      Math.max(0, Math.round(now - at)),
      namespace,
      pod,
      container,
      cause,
      isReduced ? 1 : 0,
      run ?? null,
      exitCode ?? null,
      reason === undefined ? null : cleanText(reason, MOST_REASON),
      ranMs ?? null,
    ],
  );

/** What another agent said; what is no incident is left out. @param now Unix ms */
export const readIncidents = ({ node, isCurrent, ageMs, items }: Note, now: number): HeldIncident[] =>
  items.slice(0, MOST_TOLD).flatMap((item) => {
    const incident = readIncident(item, now - ageMs);
    return incident === undefined ? [] : [{ ...incident, node, isConnected: isCurrent }];
  });

/** Of which scene an item tells, before it is read in full: in a large cluster they are many. */
export const idIn = (item: unknown): unknown => (Array.isArray(item) ? item[0] : undefined);

function readIncident(item: unknown, saidAt: number): Incident | undefined {
  if (!Array.isArray(item)) return undefined;
  const [id, agoMs, namespace, pod, container, cause, isReduced, run, exitCode, reason, ranMs] = item as unknown[];
  try {
    const known = {
      run: readOptional(run, (value) => readInteger(value, 0, MAX_RUN)),
      exitCode: readOptional(exitCode, (value) => readInteger(value, -(2 ** 31), 2 ** 32)),
      reason: readOptional(reason, (value) => readText(value, MOST_REASON)),
      ranMs: readOptional(ranMs, (value) => readNumber(value, 0, Number.MAX_SAFE_INTEGER)),
    };
    return {
      id: readMatch(id, SCENE_ID),
      at: readInstant(Math.round(saidAt - readNumber(agoMs, 0, Number.MAX_SAFE_INTEGER))),
      namespace: readText(namespace, MOST_LABEL),
      pod: readText(pod, MOST_NAME),
      container: readText(container, MOST_LABEL),
      cause: readCause(cause),
      isReduced: isReduced === 1,
      ...(known.run !== undefined && { run: known.run }),
      ...(known.exitCode !== undefined && { exitCode: known.exitCode }),
      ...(known.reason !== undefined && { reason: known.reason }),
      ...(known.ranMs !== undefined && { ranMs: known.ranMs }),
    };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function readCause(value: unknown): SceneCause {
  const cause = SCENE_CAUSES.find((one) => one === value);
  if (cause === undefined) throw new Malformed('a cause');
  return cause;
}
