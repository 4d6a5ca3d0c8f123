import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { FleetPanel } from '../parts/fleet-panel.tsx';
import { LinksPanel } from '../parts/links-panel.tsx';
import { PastPanel } from '../parts/past-panel.tsx';
import { checkChoices, TimelinePanel } from '../parts/timeline-list.tsx';

const SMALL_UP_TO = 16;

/** As of an earlier time: what its log tells, and what had changed until then. */
export function PastView() {
  const { state } = useApp();
  const known = [...state.nodes.checks.value].map(([check, title]) => ({ check, title }));
  return (
    <div class="columns columns-even">
      <div class="column">
        <PastPanel />
      </div>
      <div class="column">
        <TimelinePanel choices={checkChoices(known)} />
      </div>
    </div>
  );
}

/** A cluster: every node and every check, who sees whom, and what changed. */
export function ClusterView() {
  const { state, seen } = useApp();
  // A large matrix needs the room that the timeline has beside a small one.
  const isSmall = (state.summaries.value?.value.nodes.length ?? 0) <= SMALL_UP_TO;
  const known: Pick<ApiNode['checks'][number], 'check' | 'title'>[] = [...state.nodes.checks.value].map(
    ([check, title]) => ({ check, title }),
  );
  return (
    <>
      <FleetPanel />
      {seen.value?.view === 'overview' ? (
        <div class={isSmall ? 'columns columns-even' : 'columns'}>
          <div class="column">
            <LinksPanel />
          </div>
          <div class="column">
            <TimelinePanel choices={checkChoices(known)} />
          </div>
        </div>
      ) : null}
    </>
  );
}
