import { useSignal } from '@preact/signals';
import type { ApiCheck, ApiNode } from '../../../agent/http/contract.ts';
import { asItWas } from '../cells.ts';
import { useApp } from '../app.ts';
import { type CheckState, countStates, STATES, stateOf } from '../checks.ts';
import { isHistory } from '../members.ts';
import type { Received } from '../state.ts';
import { words } from '../words/words.ts';
import { ChecksTable } from './checks-table.tsx';
import { Instant, Lasting } from './time.tsx';

type Filter = CheckState | 'all';

/** A node and all its checks, with a filter by state. */
export function NodeChecks({ entry }: { readonly entry: Received<ApiNode> }) {
  const filter = useSignal<Filter>('all');
  const { state } = useApp();
  const { node: text, time } = words();
  const node = entry.value;
  const isPast = isHistory(node);
  const checks = isPast ? node.checks.map(asItWas) : node.checks;
  const shown = checks.filter((check) => filter.value === 'all' || stateOf(check) === filter.value);
  return (
    <section class="panel" aria-labelledby="checks-title">
      <div class="panel-head">
        <h2 id="checks-title">{text.checksOn(node.node)}</h2>
        {isPast ? <span class="tag">{text.historyTag}</span> : null}
        {state.isCluster.value || node.startedAt === undefined ? null : (
          <p class="muted">
            {text.running(node.version ?? '')} <Lasting since={node.startedAt} /> {time.since}{' '}
            <Instant at={node.startedAt} />
          </p>
        )}
      </div>
      <FilterBar checks={checks} chosen={filter.value} choose={(next) => (filter.value = next)} />
      {shown.length === 0 ? (
        <p class="empty">{node.checks.length === 0 ? text.noneKnown : text.noneInState}</p>
      ) : (
        <ChecksTable node={node.node} checks={shown} receivedAt={entry.receivedAt} isPast={isPast} />
      )}
    </section>
  );
}

interface FilterBarProps {
  readonly checks: readonly ApiCheck[];
  readonly chosen: Filter;
  readonly choose: (filter: Filter) => void;
}

function FilterBar({ checks, chosen, choose }: FilterBarProps) {
  const { node: text } = words();
  const counts = { all: checks.length, ...countStates(checks) };
  return (
    <div class="filter" role="group" aria-label={text.filter}>
      {(['all', ...STATES] as const).map((name) => (
        <button
          key={name}
          type="button"
          class={`filter-button filter-${name}${counts[name] === 0 ? ' filter-none' : ''}`}
          aria-pressed={chosen === name}
          onClick={() => choose(name)}
        >
          {text.states[name]} <span class="number">{counts[name]}</span>
        </button>
      ))}
    </div>
  );
}
