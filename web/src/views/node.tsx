import type { ApiNode } from '../../../agent/http/contract.ts';
import { NodeChecks } from '../parts/node-checks.tsx';
import { TimelinePanel } from '../parts/timeline-list.tsx';
import type { Received } from '../state.ts';

/** A node's checks beside what changed on it. */
export function NodeView({ entry }: { readonly entry: Received<ApiNode> }) {
  const choices = entry.value.checks.map(({ check, title }) => ({ check, title }));
  return (
    <div class="columns">
      <div class="column">
        <NodeChecks key={entry.value.node} entry={entry} />
      </div>
      <div class="column">
        <TimelinePanel
          key={entry.value.node}
          node={entry.value.node}
          choices={choices.toSorted((a, b) => a.title.localeCompare(b.title, 'en'))}
        />
      </div>
    </div>
  );
}
