import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app.ts';
import {
  countFleet,
  countShown,
  FLEET_STATES,
  type FleetCounts,
  fleetItems,
  fleetState,
  type FleetState,
  groupFleet,
} from '../fleet.ts';
import { asSentence } from '../format.ts';
import { words } from '../words/words.ts';
import { FleetGrid } from './fleet-grid.tsx';
import { FleetLegend } from './fleet-legend.tsx';

/** Fewer are found by looking. */
const FILTER_FROM = 8;
/** From so many nodes on they may be shown by their state. */
const STATES_FROM = 20;

/** Every node and every check: where it is broken, at a glance. */
export function FleetPanel() {
  const { state } = useApp();
  const { choices } = state;
  const groups = useComputed(() => groupFleet(state.summaries.value?.value.nodes ?? []));
  const counted = useComputed(() => countFleet(state.summaries.value?.value.nodes ?? []));
  const turned = useSignal<ReadonlySet<string>>(new Set());
  // The button that was pressed is seen first, and what it shows in the frame after.
  const pressed = choices.state.value;
  const chosen = useSignal(pressed);
  useEffect(() => {
    chosen.value = pressed;
  }, [pressed]);
  const items = useComputed(() =>
    fleetItems(groups.value, {
      name: choices.name.value,
      state: fleetState(chosen.value),
      turned: turned.value,
    }),
  );
  const nodes = state.summaries.value?.value.nodes;
  const { fleet, count } = words();
  if (nodes === undefined) return <p class="empty">{state.current.value ? fleet.reading : null}</p>;
  const counts = counted.value;
  const shown = countShown(items.value);
  const turn = (id: string): void => {
    const next = new Set(turned.peek());
    if (!next.delete(id)) next.add(id);
    turned.value = next;
  };
  return (
    <section class="panel fleet" aria-labelledby="fleet-title">
      <div class="panel-head">
        <h2 id="fleet-title">{fleet.title}</h2>
        <p class="muted">{countWords(counts)}</p>
        {nodes.length < FILTER_FROM ? null : <NameFilter />}
      </div>
      {nodes.length < STATES_FROM ? null : <StateFilter counts={counts} />}
      <OldList />
      {items.value.length === 0 ? (
        <p class="empty">{nodes.length === 0 ? fleet.none : fleet.noneLike(count.nodes(nodes.length))}</p>
      ) : (
        <FleetGrid items={items.value} turn={turn} />
      )}
      <div class="fleet-foot">
        <FleetLegend />
        {shown === nodes.length ? null : (
          <p class="muted" role="status">
            {fleet.shown(shown, count.nodes(nodes.length))}
          </p>
        )}
      </div>
    </section>
  );
}

function NameFilter() {
  const { name } = useApp().state.choices;
  const { fleet } = words();
  return (
    <input
      type="search"
      class="input fleet-filter"
      placeholder={fleet.filterBy}
      aria-label={fleet.filterLabel}
      value={name.value}
      onInput={(event) => (name.value = event.currentTarget.value)}
    />
  );
}

function StateFilter({ counts }: { readonly counts: FleetCounts }) {
  const { choices } = useApp().state;
  const { fleet } = words();
  const chosen = fleetState(choices.state.value);
  const choose = (state: FleetState): void => {
    choices.state.value = state;
  };
  return (
    <div class="filter" role="group" aria-label={fleet.filterState}>
      {FLEET_STATES.map((state) => (
        <button
          key={state}
          type="button"
          class={`filter-button${counts[state] === 0 ? ' filter-none' : ''}`}
          aria-pressed={chosen === state}
          onClick={() => choose(state)}
        >
          {fleet.states[state]} <span class="number">{counts[state]}</span>
        </button>
      ))}
    </div>
  );
}

/** The list of nodes is a request of its own, so it may fail alone. */
function OldList() {
  const { state, summaries } = useApp();
  const failure = summaries.failure.value;
  if (failure === undefined || !state.current.value) return null;
  return (
    <p class="notice" role="note">
      {words().fleet.listFails(asSentence(failure))}
    </p>
  );
}

function countWords(counts: FleetCounts): string {
  const { fleet, count, comma } = words();
  const nodes = count.nodes(counts.all);
  if (counts.troubled === 0) return fleet.allFine(nodes);
  return [
    nodes,
    ...(counts.problem === 0 ? [] : [fleet.withProblems(counts.problem)]),
    ...(counts.unknown === 0 ? [] : [fleet.notKnown(counts.unknown)]),
    ...(counts.gone === 0 ? [] : [fleet.notConnected(counts.gone)]),
  ].join(comma);
}
