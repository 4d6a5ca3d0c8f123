/** What the Kubernetes API was told of the pod around its failure, as a scene has it. */
import type { Clock } from '../../base/clock.ts';
import type { ClusterEventsPort, SeenEvent } from '../../model/cluster-event.ts';
import type { SceneEvent } from '../../model/scene.ts';
import { cleanText } from '../../model/text.ts';
import { redactLine } from './redact.ts';

export interface OfPod {
  readonly namespace: string;
  readonly pod: string;
  /** Undefined: not known. */
  readonly uid: string | undefined;
}

export interface PodEvents {
  /** Oldest first. */
  readonly events: readonly SceneEvent[];
  readonly missing: readonly string[];
}

export interface PodEventsDeps {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Undefined: nobody reads them. */
  readonly port: Pick<ClusterEventsPort, 'events'> | undefined;
}

/** A kubelet tells of a failure within a moment, and so does whoever reads. */
const TOLD_MS = 1500;
/** With the time before. */
const WITHIN_MS = 5000;
const LOOKBACK_MS = 3_600_000;
const MOST_EVENTS = 30;
const MOST_TEXT = 400;

/** Never rejects. */
export async function podEventsOf(of: OfPod, { clock, port }: PodEventsDeps): Promise<PodEvents> {
  if (port === undefined) return without(of, 'this agent does not read them');
  const from = clock.now() - LOOKBACK_MS;
  await clock.sleep(TOLD_MS);
  const done = new AbortController();
  const asked = port.events({
    from,
    to: Number.MAX_SAFE_INTEGER,
    kind: 'Pod',
    namespace: of.namespace,
    name: of.pod,
    limit: MOST_EVENTS,
  });
  const late = clock.sleep(WITHIN_MS - TOLD_MS, done.signal).then(() => undefined);
  const answer = await Promise.race([asked, late]);
  done.abort(new Error('it was answered'));
  if (answer === undefined) return without(of, `nobody answered within ${WITHIN_MS / 1000} s`);
  const { events, missing, feed } = answer;
  const why = missing ?? (feed.state === 'current' ? undefined : feed.why);
  return {
    events: ofThis(events, of.uid).map(sceneEventOf).toReversed(),
    missing: why === undefined ? [] : without(of, why).missing,
  };
}

const without = ({ namespace, pod }: OfPod, why: string): PodEvents => ({
  events: [],
  missing: [
    `events of the pod: ${why}; kubectl -n ${namespace} get events --field-selector involvedObject.name=${pod}`,
  ],
});

/** Of a name that had several pods those of this one, as far as that can be told. */
function ofThis(events: readonly SeenEvent[], uid: string | undefined): readonly SeenEvent[] {
  const own = events.filter(({ objectUid }) => objectUid === uid);
  return own.length > 0 ? own : events;
}

const sceneEventOf = ({ at, type, reason, message, component, container, occurrences }: SeenEvent): SceneEvent => ({
  at,
  type,
  reason,
  message: cleanText(redactLine(message), MOST_TEXT),
  component,
  occurrences,
  ...(container !== undefined && { container }),
});
