import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { Later } from '../parts/later.tsx';
import { NodeChecks } from '../parts/node-checks.tsx';
import { NodeHead } from '../parts/node-head.tsx';
import { NodeHistory } from '../parts/node-history.tsx';
import { NodeLinks } from '../parts/node-links.tsx';
import { checkChoices, TimelinePanel } from '../parts/timeline-list.tsx';
import { words } from '../words/words.ts';
import type { Received } from '../state.ts';

/** A node's checks beside what changed on it; in a cluster also what is known of its agent and its links. */
export function NodeView({ entry }: { readonly entry: Received<ApiNode> }) {
  const { state } = useApp();
  const { node, checks } = entry.value;
  const showsAgent = state.isCluster.value;
  return (
    <>
      {showsAgent ? (
        <>
          <nav class="crumbs" aria-label={words().node.where}>
            <a href="#/">{words().node.all}</a>
            <span aria-current="page">{node}</span>
          </nav>
          <NodeHead key={node} entry={entry} />
        </>
      ) : null}
      <div class="columns">
        <div class="column">
          {showsAgent ? (
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
    </>
  );
}
