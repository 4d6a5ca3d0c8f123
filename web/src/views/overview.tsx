import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { FleetPanel } from '../parts/fleet-panel.tsx';
import { LinksPanel } from '../parts/links-panel.tsx';
import { checkChoices, TimelinePanel } from '../parts/timeline-list.tsx';

/** A cluster: every node and every check, who sees whom, and what changed. */
export function ClusterView() {
  const { state } = useApp();
  const known: Pick<ApiNode['checks'][number], 'check' | 'title'>[] = [...state.nodes.checks.value].map(
    ([check, title]) => ({ check, title }),
  );
  return (
    <>
      <FleetPanel />
      <div class="columns columns-even">
        <div class="column">
          <LinksPanel />
        </div>
        <div class="column">
          <TimelinePanel choices={checkChoices(known)} />
        </div>
      </div>
    </>
  );
}
