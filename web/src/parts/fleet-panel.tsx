import { useSignal } from '@preact/signals';
import { useApp } from '../app.ts';
import { countFleet, filterFleet, type FleetCounts, sortFleet, SWITCH_FROM } from '../fleet.ts';
import { asSentence, plural } from '../format.ts';
import { FleetGrid } from './fleet-grid.tsx';
import { FleetLegend } from './fleet-legend.tsx';

/** Fewer are found by looking. */
const FILTER_FROM = 8;

/** Every node and every check: where it is broken, at a glance. */
export function FleetPanel() {
  const { state } = useApp();
  const text = useSignal('');
  const onlyTroubled = useSignal(false);
  const nodes = state.summaries.value?.value.nodes;
  if (nodes === undefined) return <p class="empty">{state.current.value ? 'Reading the nodes.' : null}</p>;
  const counts = countFleet(nodes);
  const hasSwitch = nodes.length > SWITCH_FROM;
  const shown = filterFleet(sortFleet(nodes, state.nodes.controlPlane.value), {
    text: text.value,
    onlyTroubled: hasSwitch && onlyTroubled.value,
  });
  return (
    <section class="panel fleet" aria-labelledby="fleet-title">
      <div class="panel-head">
        <h2 id="fleet-title">Nodes and checks</h2>
        <p class="muted">{countWords(counts)}</p>
        <div class="fleet-filter">
          {nodes.length < FILTER_FROM ? null : (
            <input
              type="search"
              class="input"
              placeholder="Filter by name"
              aria-label="Show nodes whose name contains"
              value={text.value}
              onInput={(event) => (text.value = event.currentTarget.value)}
            />
          )}
          {hasSwitch ? (
            <button
              type="button"
              class="button"
              aria-pressed={onlyTroubled.value}
              onClick={() => (onlyTroubled.value = !onlyTroubled.value)}
            >
              Problems only <span class="number">{counts.notFine}</span>
            </button>
          ) : null}
        </div>
      </div>
      <OldList />
      {shown.length === 0 ? (
        <p class="empty">
          {nodes.length === 0 ? 'No node is known yet.' : `None of the ${nodes.length} nodes is like that.`}
        </p>
      ) : (
        <FleetGrid nodes={shown} />
      )}
      <div class="fleet-foot">
        <FleetLegend />
        {shown.length === nodes.length ? null : (
          <p class="muted" role="status">
            {shown.length} of {plural(nodes.length, 'node')} shown
          </p>
        )}
      </div>
    </section>
  );
}

/** The list of nodes is a request of its own, so it may fail alone. */
function OldList() {
  const { state, summaries } = useApp();
  const failure = summaries.failure.value;
  if (failure === undefined || !state.current.value) return null;
  return (
    <p class="notice" role="note">
      The list of nodes cannot be read now: {asSentence(failure)} What you see here is older than the status above.
    </p>
  );
}

function countWords(counts: FleetCounts): string {
  const parts = [
    plural(counts.all, 'node'),
    ...(counts.problem === 0 ? [] : [`${counts.problem} with problems`]),
    ...(counts.unknown === 0 ? [] : [`${counts.unknown} not fully known`]),
    ...(counts.history === 0 ? [] : [`${counts.history} not connected`]),
  ];
  return counts.notFine === 0 ? `${parts[0]}, all fine` : parts.join(', ');
}
