import { useSignal } from '@preact/signals';
import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { catalogueOf, sortChecks } from '../checks.ts';
import type { Range } from '../route.ts';
import { HistoryPanel } from './history-panel.tsx';

/** Charts of one check of a node; first of the one that is worst off. */
export function NodeHistory({ node }: { readonly node: ApiNode }) {
  const { state } = useApp();
  const chosen = useSignal<string | undefined>(undefined);
  const range = useSignal<Range>('3h');
  const measured = sortChecks(node.checks.filter(({ readings }) => readings.length > 0));
  // What was shown first stays, whatever is worst off a minute later.
  chosen.value ??= measured[0]?.check;
  const check = chosen.value;
  if (check === undefined) return null;
  return (
    <HistoryPanel
      node={node.node}
      check={check}
      range={range.value}
      listed={catalogueOf(state.catalogue.value, check)}
      chooseRange={(next) => (range.value = next)}
      chooser={
        <select
          aria-label="Show the history of one check"
          value={check}
          onChange={(event) => (chosen.value = event.currentTarget.value)}
        >
          {measured.map((one) => (
            <option key={one.check} value={one.check}>
              {one.title}
            </option>
          ))}
        </select>
      }
    />
  );
}
