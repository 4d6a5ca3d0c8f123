import { useComputed } from '@preact/signals';
import type { ApiCheck } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { cellLabel, cellLook } from '../cells.ts';
import { type NodeBrief, troubleOf } from '../fleet.ts';
import { formatMinute } from '../format.ts';
import type { Column } from '../grid.ts';
import { isHistory, standingOf } from '../members.ts';
import { checkAddress, nodeAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

interface FleetRowProps {
  readonly summary: NodeBrief;
  readonly columns: readonly Column[];
  readonly index: number;
  /** The column that the tab key leads to, if it is in this row. */
  readonly stop: number | undefined;
}

/** What was read so long ago is not shown as if it were so now. Rows in view are read more often. */
const OLD_MS = 60_000;

/** A node: its name, what is to be said of its agent, and its checks. */
export function FleetRow({ summary, columns, index, stop }: FleetRowProps) {
  const { state } = useApp();
  const entry = state.nodes.of(summary.node).value;
  const isPast = isHistory(summary);
  const isOld = useComputed(() => {
    const held = state.nodes.of(summary.node).value;
    return held !== undefined && state.tick.value - held.receivedAt > OLD_MS && state.current.value;
  });
  const node = entry !== undefined && 'value' in entry && (isPast || !isOld.value) ? entry.value : undefined;
  const missing =
    summary.ageSeconds === null
      ? words().fleet.noReport
      : entry !== undefined && 'failure' in entry
        ? entry.failure
        : node === undefined
          ? words().fleet.notRead
          : undefined;
  // A hundred rows come by in a quick scroll: nothing is drawn of them that would be replaced at once. The row with the
  // focus keeps its cells.
  const isBlank = missing !== undefined && stop === undefined && columns.length > 0;
  const byId = new Map(node?.checks.map((check) => [check.check, check]));
  const heardAt = (entry?.receivedAt ?? 0) + state.clockOffsetMs.value;
  return (
    <tr role="row" aria-rowindex={index + 2} class={isPast ? 'fleet-row history' : 'fleet-row'}>
      <NodeCell summary={summary} index={index} isStop={stop === 0} />
      {isBlank ? (
        <td role="gridcell" colSpan={columns.length} class="fleet-blank">
          {missing}
        </td>
      ) : (
        columns.map(({ check, title }, at) => (
          <td key={check} role="gridcell">
            <CheckCell
              node={summary.node}
              title={title}
              check={byId.get(check)}
              missing={missing}
              isPast={isPast}
              heardAt={heardAt}
              place={{ 'data-row': index, 'data-column': at + 1, tabIndex: stop === at + 1 ? 0 : -1 }}
            />
          </td>
        ))
      )}
    </tr>
  );
}

interface NodeCellProps {
  readonly summary: NodeBrief;
  readonly index: number;
  readonly isStop: boolean;
}

function NodeCell({ summary, index, isStop }: NodeCellProps) {
  const { state } = useApp();
  const { fleet, comma } = words();
  const standing = standingOf(summary);
  const { memberSince, member } = summary;
  const since =
    memberSince === undefined || member === 'alive' ? null : (
      <>
        <span class="fleet-since"> {fleet.since}</span> {formatMinute(Date.parse(memberSince), state.asOf.value)}
      </>
    );
  const isSelf = summary.node === state.self.value;
  return (
    <th role="rowheader" scope="row" class="fleet-node">
      <a href={nodeAddress(summary.node)} data-row={index} data-column={0} tabIndex={isStop ? 0 : -1}>
        <Icon sign={signOf(summary)} />
        <span class="fleet-name">{summary.node}</span>
        <span class="off-screen">{`${comma}${fleet.status[summary.status]}`}</span>
        {standing === undefined ? null : (
          <span class="fleet-standing">
            {standing.word}
            {since}
          </span>
        )}
        {isSelf && standing === undefined ? <span class="fleet-standing">{fleet.thisAgent}</span> : null}
      </a>
    </th>
  );
}

function signOf(summary: NodeBrief): Sign {
  const trouble = troubleOf(summary);
  if (trouble === 'gone') return standingOf(summary)?.sign ?? 'lost';
  return trouble === 'fine' ? 'ok' : trouble;
}

interface CheckCellProps {
  readonly node: string;
  readonly title: string;
  readonly check: ApiCheck | undefined;
  /** Why nothing is known of any check of this node. */
  readonly missing: string | undefined;
  readonly isPast: boolean;
  readonly heardAt: number;
  readonly place: { readonly 'data-row': number; readonly 'data-column': number; readonly tabIndex: number };
}

/** Always the same element: one that is replaced when its check has been read would lose the focus. */
function CheckCell({ node, title, check, missing, isPast, heardAt, place }: CheckCellProps) {
  const look = check && cellLook(check, isPast);
  const { fleet } = words();
  const label = missing === undefined ? fleet.runsNot(node, title) : fleet.cell(title, node, missing);
  const state = look === undefined ? (missing === undefined ? 'none' : 'pending') : look;
  return (
    <a
      {...place}
      class={`cell cell-${state}${check?.confirming === true && !isPast ? ' cell-confirming' : ''}`}
      {...(check === undefined ? { role: 'img' as const } : { href: checkAddress(node, check.check) })}
      aria-label={check === undefined ? label : cellLabel(node, check, isPast, heardAt)}
    >
      {look === undefined ? null : <Icon sign={look} />}
    </a>
  );
}
