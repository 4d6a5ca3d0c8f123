/** An alert in the words of Prometheus: labels that say which one it is, annotations that say what is known of it. */
import { cleanText } from '../../model/text.ts';
import type { Alert, Notification, RuleWords } from '../types.ts';

export type Words = Readonly<Record<string, string>>;

export interface AlertFacts {
  /** The same from every agent and every time, or Alertmanager takes it for another alert. */
  readonly labels: Words;
  readonly annotations: Words;
  /** RFC 3339. */
  readonly startsAt: string;
  /** Undefined: it is not over. */
  readonly endsAt?: string;
}

const MOST_NODES = 100;
const MOST_OBSERVERS = 20;
const MOST_FACTS = 24;
const MAX_TEXT = 1000;

/** @param clusterName empty: no label tells of it */
export function factsOf(alert: Alert, { view, isLate }: Notification, clusterName: string): AlertFacts {
  const { fingerprint, reason, severity, nodes, sentence, observers, remedy, since, endedAt, rule } = alert;
  const [node, another] = nodes;
  return {
    labels: {
      alertname: cleanText(reason),
      severity,
      ...(clusterName !== '' && { cluster: clusterName }),
      // Its facts are of what was matched last, and whoever heard of it from others may have none of them; its nodes come and
      // go, and who judged it may be another one in a moment.
      ...(rule !== undefined
        ? rule.key !== '' && { key: cleanText(rule.key) }
        : node !== undefined &&
          // Which they are changes while it lasts, and it would be another alert each time.
          (another === undefined ? { node: cleanText(node) } : { story: fingerprint })),
    },
    annotations: {
      ...(rule !== undefined && factsToTell(rule)),
      summary: cleanText(sentence, MAX_TEXT),
      description: cleanText(descriptionOf(alert), 2 * MAX_TEXT),
      ...((another !== undefined || (rule !== undefined && node !== undefined)) && {
        nodes: listed(nodes, MOST_NODES),
      }),
      ...(remedy !== undefined && { remedy: cleanText(remedy, MAX_TEXT) }),
      ...(observers.length > 0 && rule === undefined && { observers: listed(observers, MOST_OBSERVERS) }),
      view: `${view.members}/${view.known} members`,
      ...(isLate && { late: 'true' }),
    },
    startsAt: instant(since),
    ...(endedAt !== undefined && { endsAt: instant(endedAt) }),
  };
}

const FACT_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

function factsToTell({ facts }: RuleWords): Words {
  const named = Object.entries(facts).filter(([name, value]) => FACT_NAME.test(name) && value !== '');
  return Object.fromEntries(named.slice(0, MOST_FACTS).map(([name, value]) => [name, cleanText(value, MAX_TEXT)]));
}

function descriptionOf({ sentence, remedy, observers, rule }: Alert): string {
  const seen = observers.length === 0 || rule !== undefined ? '' : ` Seen by ${listed(observers, MOST_OBSERVERS)}.`;
  return `${sentence}${seen}${remedy === undefined ? '' : ` First: ${remedy}`}`;
}

const listed = (names: readonly string[], most: number): string =>
  [
    ...names.slice(0, most).map((name) => cleanText(name)),
    ...(names.length > most ? [`and ${names.length - most} more`] : []),
  ].join(', ');

/** What no date can be stands for the first one: it must not stop the message. */
export function instant(unixMs: number): string {
  const date = new Date(unixMs);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}
