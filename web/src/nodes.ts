/**
 * What is held of each node. Every node has a signal of its own: of a thousand rows only the one that changed is drawn
 * again.
 */
import { signal, type Signal } from '@preact/signals';
import type { ApiNode } from '../../agent/http/contract.ts';
import type { Received } from './state.ts';

/** A node, or why the agent has none of that name. */
export type NodeEntry = Received<ApiNode> | { readonly failure: string; readonly receivedAt: number };

export interface Nodes {
  /** What is held of a node, and when that changes. */
  of(name: string): Signal<NodeEntry | undefined>;
  take(name: string, entry: NodeEntry): void;
  /** Whether something is held of it. */
  has(name: string): boolean;
  /** Forgets all others: nodes come and go, and the page may be open for weeks. */
  keep(names: ReadonlySet<string>): void;
  /** Id and title of every check that a node on show runs. */
  readonly checks: Signal<ReadonlyMap<string, string>>;
}

/** What is in view is read again every few seconds, so the oldest are those that were scrolled past; each has 20 KB and more. */
export const MAX_HELD = 200;

export function createNodes(): Nodes {
  const entries = new Map<string, Signal<NodeEntry | undefined>>();
  const checks = signal<ReadonlyMap<string, string>>(new Map());
  const of = (name: string): Signal<NodeEntry | undefined> => {
    const held = entries.get(name) ?? signal<NodeEntry | undefined>(undefined);
    entries.set(name, held);
    return held;
  };
  const learn = (node: ApiNode): void => {
    const isNew = node.checks.some(({ check, title }) => checks.peek().get(check) !== title);
    if (isNew)
      checks.value = new Map([...checks.peek(), ...node.checks.map(({ check, title }) => [check, title] as const)]);
  };
  const forget = (name: string): void => {
    const held = entries.get(name);
    entries.delete(name);
    // Whoever still looks at it is drawn again, without it.
    if (held !== undefined) held.value = undefined;
  };
  return {
    of,
    has: (name) => entries.get(name)?.peek() !== undefined,
    take(name, entry) {
      const held = of(name);
      // The newest are the last.
      entries.delete(name);
      entries.set(name, held);
      held.value = entry;
      if ('value' in entry) learn(entry.value);
      for (const oldest of entries.keys()) {
        if (entries.size <= MAX_HELD) break;
        forget(oldest);
      }
    },
    keep(names) {
      for (const name of entries.keys()) if (!names.has(name)) forget(name);
    },
    checks,
  };
}
