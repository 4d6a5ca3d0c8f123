/**
 * Rules that come with Meerkat. All are of the severity `info`, so that only receivers that ask for it are told; nobody is
 * woken by what Kubernetes calls a warning. A rule of the same name in the file takes the place of one of these.
 *
 * Source of the reasons: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/events/event.go
 */
import { readRules } from './read-rules.ts';
import type { Rule } from './types.ts';

const BUILT_IN = `
rules:
  - name: warning-events
    type: frequency
    source: events
    where: {type: Warning}
    # Nodes have a rule of their own; DNSConfigForming says that a resolv.conf has more servers than Linux asks.
    not: {kind: Node, reason: DNSConfigForming}
    queryKey: [kind, object]
    numEvents: 5
    timeframeMinutes: 5
    realertMinutes: 5
    exponentialRealertHours: 1
  - name: node-events
    type: any
    source: events
    where:
      kind: Node
      reason: [NodeNotReady, ImageGCFailed, FreeDiskSpaceFailed, EvictionThresholdMet, SystemOOM, Rebooted]
    queryKey: [name, reason]
    realertMinutes: 5
    exponentialRealertHours: 1
    sentence: '{{name}} {{reason}}: {{message}}'
  - name: warning-on-several-nodes
    type: cardinality
    source: events
    where: {type: Warning}
    not: {reason: DNSConfigForming}
    queryKey: reason
    cardinalityField: node
    maxCardinality: 2
    timeframeMinutes: 5
    realertMinutes: 5
    exponentialRealertHours: 1
    sentence: '{{reason}} on {{count}} nodes within 5 minutes: {{nodes}}'
`;

const PLACE = 'built in';

/** Nobody wrote it. */
export const isBuiltIn = ({ place }: Pick<Rule, 'place'>): boolean => place === PLACE;

/** All are about events. */
export function builtInRules(): readonly Rule[] {
  const read = readRules(BUILT_IN, PLACE, { place: PLACE });
  if ('mistakes' in read) throw new Error(read.mistakes.join('\n'));
  return read.rules;
}

/** Those of the file, and those built in whose names it does not use. */
export function withBuiltIn(rules: readonly Rule[]): readonly Rule[] {
  const names = new Set(rules.map(({ name }) => name));
  return [...rules, ...builtInRules().filter(({ name }) => !names.has(name))];
}
