/**
 * What is held of each node. Every node has a signal of its own: of a thousand rows only the one that changed is drawn
 * again.
 */
import { signal, type Signal } from '@preact/signals';
import type { ApiNode } from '../../agent/http/contract.ts';
import { looksAtControlPlane } from './fleet.ts';
import type { Received } from './state.ts';

/** A node, or why the agent has none of that name. */
export type NodeEntry = Received<ApiNode> | { readonly failure: string; readonly receivedAt: number };

export interface Nodes {
  /** What is held of a node, and when that changes. */
  of(name: string): Signal<NodeEntry | undefined>;
  take(name: string, entry: NodeEntry): void;
  /** Forgets all others: nodes come and go, and the page may be open for weeks. */
  keep(names: ReadonlySet<string>): void;
  /** Id and title of every check that a node on show runs. */
  readonly checks: Signal<ReadonlyMap<string, string>>;
  readonly controlPlane: Signal<ReadonlySet<string>>;
}

export function createNodes(): Nodes {
  const entries = new Map<string, Signal<NodeEntry | undefined>>();
  const checks = signal<ReadonlyMap<string, string>>(new Map());
  const controlPlane = signal<ReadonlySet<string>>(new Set());
  const of = (name: string): Signal<NodeEntry | undefined> => {
    const held = entries.get(name) ?? signal<NodeEntry | undefined>(undefined);
    entries.set(name, held);
    return held;
  };
  const learn = (node: ApiNode): void => {
    const isNew = node.checks.some(({ check, title }) => checks.peek().get(check) !== title);
    if (isNew)
      checks.value = new Map([...checks.peek(), ...node.checks.map(({ check, title }) => [check, title] as const)]);
    const has = controlPlane.peek().has(node.node);
    if (has === looksAtControlPlane(node)) return;
    const next = new Set(controlPlane.peek());
    if (has) next.delete(node.node);
    else next.add(node.node);
    controlPlane.value = next;
  };
  return {
    of,
    take(name, entry) {
      of(name).value = entry;
      if ('value' in entry) learn(entry.value);
    },
    keep(names) {
      for (const name of entries.keys()) if (!names.has(name)) entries.delete(name);
    },
    checks,
    controlPlane,
  };
}
