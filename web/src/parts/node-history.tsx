import { useSignal } from '@preact/signals';
import type { ApiNode } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { catalogueOf, sortChecks } from '../checks.ts';
import { words } from '../words/words.ts';
import { HistoryPanel } from './history-panel.tsx';

/** Charts of one check of a node; first of the one that is worst off. */
export function NodeHistory({ node }: { readonly node: ApiNode }) {
  const { state } = useApp();
  const { choices } = state;
  const first = useSignal<string | undefined>(undefined);
  const measured = sortChecks(node.checks.filter(({ readings }) => readings.length > 0));
  // What was shown first stays, whatever is worst off a minute later.
  first.value ??= measured[0]?.check;
  const chosen = measured.find(({ check }) => check === choices.check.value);
  const check = chosen?.check ?? first.value;
  if (check === undefined) return null;
  return (
    <HistoryPanel
      node={node.node}
      check={check}
      listed={catalogueOf(state.catalogue.value, check)}
      chooser={
        <select
          aria-label={words().chart.choose}
          value={check}
          onChange={(event) => (choices.check.value = event.currentTarget.value)}
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
