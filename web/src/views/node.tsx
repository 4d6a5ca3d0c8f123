import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import type { NodeBrief } from '../fleet.ts';
import { Later } from '../parts/later.tsx';
import { NodeChecks } from '../parts/node-checks.tsx';
import { NodeHead } from '../parts/node-head.tsx';
import { NodeHistory } from '../parts/node-history.tsx';
import { NodeLinks } from '../parts/node-links.tsx';
import { checkChoices, TimelinePanel } from '../parts/timeline-list.tsx';
import { words } from '../words/words.ts';
import type { Received } from '../state.ts';

export interface NodeViewProps {
  /** What is known of it already. */
  readonly brief: Received<NodeBrief>;
  /** Undefined before the answer. */
  readonly entry?: Received<ApiNode>;
}

/** A node's checks beside what changed on it; in a cluster also what is known of its agent and its links. */
export function NodeView({ brief, entry }: NodeViewProps) {
  const { state } = useApp();
  const { node } = brief.value;
  return (
    <>
      {state.isCluster.value ? (
        <>
          <nav class="crumbs" aria-label={words().node.where}>
            <a href="#/">{words().node.all}</a>
            <span aria-current="page">{node}</span>
          </nav>
          <NodeHead key={node} entry={brief} />
        </>
      ) : null}
      {entry === undefined ? <Waiting /> : <Looked entry={entry} />}
    </>
  );
}

export function Waiting() {
  const { state } = useApp();
  return <p class="empty">{state.link.value.kind === 'lost' ? null : words().missing.readingChecks}</p>;
}

function Looked({ entry }: { readonly entry: Received<ApiNode> }) {
  const { state } = useApp();
  const { node, checks } = entry.value;
  return (
    <div class="columns">
      <div class="column">
        {state.isCluster.value ? (
          <Later key={`more of ${node}`}>
            <NodeChecks key={node} entry={entry} />
            <NodeHistory key={`history of ${node}`} node={entry.value} />
            <NodeLinks key={`links of ${node}`} node={node} />
          </Later>
        ) : (
          <NodeChecks key={node} entry={entry} />
        )}
      </div>
      <div class="column">
        <Later key={node}>
          <TimelinePanel node={node} choices={checkChoices(checks)} />
        </Later>
      </div>
    </div>
  );
}
