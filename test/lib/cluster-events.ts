/** Events of the Kubernetes API. */
import type { ClusterEvent } from '../../agent/model/cluster-event.ts';

/** @param at Unix ms, of the only time that it happened */
export const anEvent = (at: number, more: Partial<ClusterEvent> = {}): ClusterEvent => ({
  uid: 'uid-1',
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
  kind: 'Pod',
  namespace: 'prod',
  name: 'api-7d9f',
  objectUid: 'pod-1',
  component: 'kubelet',
  node: 'w1',
  firstAt: at,
  at,
  count: 1,
  ...more,
});
