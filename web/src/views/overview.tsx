import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { FleetPanel } from '../parts/fleet-panel.tsx';
import { LinksPanel } from '../parts/links-panel.tsx';
import { checkChoices, TimelinePanel } from '../parts/timeline-list.tsx';

const SMALL_UP_TO = 16;

/** A cluster: every node and every check, who sees whom, and what changed. */
export function ClusterView() {
  const { state } = useApp();
  // A large matrix needs the room that the timeline has beside a small one.
  const isSmall = (state.summaries.value?.value.nodes.length ?? 0) <= SMALL_UP_TO;
  const known: Pick<ApiNode['checks'][number], 'check' | 'title'>[] = [...state.nodes.checks.value].map(
    ([check, title]) => ({ check, title }),
  );
  return (
    <>
      <FleetPanel />
      <div class={isSmall ? 'columns columns-even' : 'columns'}>
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
