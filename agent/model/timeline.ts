/** What changed, where and when. */
import type { Severity } from '../../checks/types.ts';
import type { FindingSeverity } from './finding.ts';
import type { ResultStatus } from './report.ts';

interface EventBase {
  /** Unix ms by the node's own clock. */
  readonly at: number;
  readonly node: string;
}

/** One entry of a node's event log. */
export type TimelineEvent =
  | (EventBase & {
      readonly kind: 'raised' | 'cleared';
      readonly check: string;
      readonly reason: string;
      readonly subject?: string;
      readonly severity: Severity;
      readonly message: string;
    })
  | (EventBase & {
      /** A check changed between states that are no problem: it can look again, it appeared, it went. */
      readonly kind: 'changed';
      readonly check: string;
      readonly from: ResultStatus | 'none';
      readonly to: ResultStatus;
      readonly message: string;
    })
  | (EventBase & { readonly kind: 'agent-started' | 'agent-stopped' | 'agent-notice'; readonly message: string })
  | (EventBase & {
      /**
       * The diagnosis of the agent that keeps this log concluded, or took back, what no check says: of nodes, agents and
       * the paths between them. Every agent concludes by itself, so these do not travel.
       */
      readonly kind: 'concluded' | 'resolved';
      readonly reason: string;
      readonly subject?: string;
      readonly severity: FindingSeverity;
      readonly message: string;
    });

/** An event of another node's log, with the place that names it for ever: `PeerId/epoch/place`. */
export type PeerTimelineEvent = TimelineEvent & { readonly origin: string };

/** An event with its place in the log of the agent that is asked. */
export type StoredEvent = TimelineEvent & { readonly sequence: number };
