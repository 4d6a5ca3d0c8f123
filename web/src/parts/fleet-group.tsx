import type { ComponentChildren } from 'preact';
import type { FleetGroup, FleetItem } from '../fleet.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

interface Place {
  readonly index: number;
  /** So many cells wide. */
  readonly columns: number;
  /** The tab key leads here. */
  readonly isStop: boolean;
  readonly turn: (id: string) => void;
}

interface GroupRowProps extends Place {
  readonly item: Extract<FleetItem, { readonly kind: 'group' }>;
}

/** Nodes of one role and zone: how many are in which state, and whether they are shown. */
export function GroupRow({ item: { group, isOpen }, ...place }: GroupRowProps) {
  const { count } = words();
  return (
    <TurnRow {...place} id={group.id} isOpen={isOpen} class="fleet-group" scope="rowgroup">
      <span class="fleet-group-name">{groupWords(group)}</span>
      <span class="muted">{count.nodes(group.nodes.length)}</span>
      <GroupBar group={group} />
      <GroupCounts group={group} />
    </TurnRow>
  );
}

export const groupWords = ({ role, zone }: Pick<FleetGroup, 'role' | 'zone'>): string => {
  const { fleet } = words();
  return fleet.group(fleet.roles[role ?? 'unknown'], zone);
};

const PARTS = ['problem', 'gone', 'unknown', 'fine'] as const;
const SIGNS: Readonly<Record<(typeof PARTS)[number], Sign>> = {
  problem: 'warning',
  gone: 'lost',
  unknown: 'unknown',
  fine: 'ok',
};

/** Shares as widths; what is there at all is to be seen. The counts beside it say the same. */
function GroupBar({ group: { counts } }: { readonly group: FleetGroup }) {
  return (
    <span class="bar" aria-hidden="true">
      {PARTS.map((part) =>
        counts[part] === 0 ? null : (
          <span key={part} class={`bar-${part}`} style={{ flexGrow: Math.max(counts[part], counts.all / 50) }} />
        ),
      )}
    </span>
  );
}

function GroupCounts({ group: { counts } }: { readonly group: FleetGroup }) {
  const { fleet } = words();
  return (
    <span class="fleet-counts">
      {PARTS.map((part) =>
        counts[part] === 0 ? null : (
          <span key={part}>
            <Icon sign={SIGNS[part]} /> <span class="number">{counts[part]}</span>
            <span class="off-screen"> {fleet.states[part]}</span>
          </span>
        ),
      )}
    </span>
  );
}

interface FoldRowProps extends Place {
  readonly item: Extract<FleetItem, { readonly kind: 'fold' }>;
  readonly id: string;
}

/** Stands for the nodes of a group that are fine. */
export function FoldRow({ item: { count: many, isOpen }, ...place }: FoldRowProps) {
  const { fleet, count } = words();
  return (
    <TurnRow {...place} isOpen={isOpen} class="fleet-fold" scope="row">
      <Icon sign="ok" /> {fleet.fold(count.nodes(many))}
    </TurnRow>
  );
}

interface TurnRowProps extends Place {
  readonly id: string;
  readonly isOpen: boolean;
  readonly class: string;
  readonly scope: 'row' | 'rowgroup';
  readonly children: ComponentChildren;
}

/** A row that is one button: it shows what it stands for, or hides it. */
function TurnRow({ id, index, columns, isStop, isOpen, turn, scope, children, ...row }: TurnRowProps) {
  return (
    <tr role="row" aria-rowindex={index + 2} class={`fleet-row ${row.class}`}>
      <th role="rowheader" scope={scope} colSpan={columns} class="fleet-node">
        <button
          type="button"
          aria-expanded={isOpen}
          data-row={index}
          data-column={0}
          tabIndex={isStop ? 0 : -1}
          onClick={() => turn(id)}
        >
          <span class={isOpen ? 'twist twist-open' : 'twist'} aria-hidden="true" />
          {children}
        </button>
      </th>
    </tr>
  );
}
