/** What Meerkat takes from an Event. Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import type { ClusterEvent } from '../../model/cluster-event.ts';
import { cleanText } from '../../model/text.ts';
import { type Fields, fieldsOf, metadataOf, textOf } from '../objects/fields.ts';

/** Names of objects and nodes. */
const MAX_NAME = 253;
const MAX_WORD = 128;
const MAX_MESSAGE = 1024;
const CONTAINER = /^spec\.(?:initContainers|ephemeralContainers|containers)\{([^{}]+)\}$/;
const KUBELET = 'kubelet';
const NODE = 'Node';

/**
 * An Event of core/v1, as each version of the recorders writes it: the older ones count in `count`, the newer ones in `series`.
 * Undefined for what is none, or has no time.
 */
export function readEvent(object: unknown): ClusterEvent | undefined {
  const { name: eventName, uid } = metadataOf(object);
  const fields = fieldsOf(object);
  const about = fieldsOf(fields['involvedObject']);
  const at = lastOf(fields);
  if (eventName === undefined || uid === undefined || at === undefined) return undefined;
  const [kind, name] = [wordOf(about['kind'], MAX_WORD), wordOf(about['name'], MAX_NAME)];
  const component = wordOf(fieldsOf(fields['source'])['component'] ?? fields['reportingComponent'], MAX_WORD);
  const container = CONTAINER.exec(wordOf(about['fieldPath'], 2 * MAX_WORD))?.[1];
  const node = nodeOf(fields, component) ?? (kind === NODE ? name : '');
  return {
    uid: wordOf(uid, MAX_WORD),
    type: wordOf(fields['type'], MAX_WORD),
    reason: wordOf(fields['reason'], MAX_WORD),
    message: wordOf(fields['message'], MAX_MESSAGE),
    kind,
    namespace: wordOf(about['namespace'], MAX_NAME),
    name,
    objectUid: wordOf(about['uid'], MAX_NAME),
    ...(container !== undefined && { container }),
    component,
    ...(node !== '' && { node }),
    firstAt: Math.min(at, firstOf(fields) ?? at),
    at,
    count: countOf(fields),
  };
}

function countOf({ series, count }: Fields): number {
  const counts = [fieldsOf(series)['count'], count];
  return (
    counts
      .filter(Number.isSafeInteger)
      .map(Number)
      .find((one) => one >= 1) ?? 1
  );
}

const lastOf = ({ series, lastTimestamp, eventTime, metadata }: Fields): number | undefined =>
  firstTime([fieldsOf(series)['lastObservedTime'], lastTimestamp, eventTime, fieldsOf(metadata)['creationTimestamp']]);

const firstOf = ({ firstTimestamp, eventTime, metadata }: Fields): number | undefined =>
  firstTime([firstTimestamp, eventTime, fieldsOf(metadata)['creationTimestamp']]);

/** Of what is absent the API says null, and the zero of Go's time. */
function firstTime(times: readonly unknown[]): number | undefined {
  return times.map((time) => Date.parse(textOf(time) ?? '')).find((at) => at > 0);
}

/** Undefined: it does not say where it is from. */
function nodeOf({ source, reportingInstance }: Fields, component: string): string | undefined {
  const host = wordOf(fieldsOf(source)['host'], MAX_NAME);
  if (host !== '') return host;
  // Of other components it is a pod, or a process.
  const instance = component === KUBELET ? wordOf(reportingInstance, MAX_NAME) : '';
  return instance === '' ? undefined : instance;
}

/** Harmless and bounded; empty for anything but a text. */
function wordOf(value: unknown, maxLength: number): string {
  const text = textOf(value) ?? '';
  if (text.length <= maxLength) return cleanText(text, maxLength);
  // A piece of a text holds on to all of it, and these are kept for an hour.
  return Buffer.from(cleanText(text.slice(0, 4 * maxLength), maxLength)).toString();
}
