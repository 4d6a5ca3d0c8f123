import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { useApp } from '../app.ts';
import { type FleetItem, foldId } from '../fleet.ts';
import { type Column, columnsOf, type Range, visibleRange } from '../grid.ts';
import { CellHint, NodeHint } from './cell-hint.tsx';
import { words } from '../words/words.ts';
import { FoldRow, GroupRow } from './fleet-group.tsx';
import { FleetRow } from './fleet-row.tsx';
import { hideHint } from './hint.tsx';
import { useGrid } from './use-grid.ts';

/** Every row has this height (see fleet.css): so the place of each is known without drawing it. */
const ROW_PX = 36;
/** At least as wide as a finger is sure of; wider where there is room. */
const CELL_REM = 2;
/** Drawn above and below what is in view, so that a slow scroll finds them there. */
const AROUND = 6;

interface FleetGridProps {
  readonly items: readonly FleetItem[];
  /** Opens or closes a group, or what is folded of it. */
  readonly turn: (id: string) => void;
}

/** A row for each node, a cell for each check. Only what is in view is drawn, and only that is asked for. */
export function FleetGrid({ items, turn }: FleetGridProps) {
  const { state, rows } = useApp();
  const catalogue = state.catalogue.value;
  const known = state.nodes.checks.value;
  const columns = useMemo(() => columnsOf(known, catalogue), [known, catalogue]);
  const { scroller, head, range, page, reveal } = useRows(items.length);
  const inView = items.slice(range.first, range.end);
  const grid = useGrid({
    rows: items.length,
    columns: columns.length + 1,
    page,
    reveal,
    hintOf: ({ row, column }) => hintOf(items[row], columns[column - 1], column),
  });
  const names = inView.flatMap((item) => (item.kind === 'node' ? [item.node.node] : [])).join('\n');
  useEffect(() => rows.want(names === '' ? [] : names.split('\n')), [names]);
  useEffect(() => () => rows.want([]), []);
  const { row, column } = grid.active.value;
  // The tab key needs a cell that is drawn.
  const stop = row >= range.first && row < range.end ? row : range.first;
  const draw = (item: FleetItem, index: number) => {
    const place = { index, columns: columns.length + 1, isStop: stop === index, turn };
    if (item.kind === 'group') return <GroupRow key={item.group.id} item={item} {...place} />;
    if (item.kind === 'fold')
      return <FoldRow key={foldId(item.group)} item={item} id={foldId(item.group)} {...place} />;
    const { node } = item;
    const at = stop === index ? column : undefined;
    return <FleetRow key={`node ${node.node}`} summary={node} columns={columns} index={index} stop={at} />;
  };
  return (
    <div class="fleet-scroll" ref={scroller} onScroll={hideHint}>
      <table
        class="fleet-grid"
        role="grid"
        aria-labelledby="fleet-title"
        aria-rowcount={items.length + 1}
        aria-colcount={columns.length + 1}
        style={{ minWidth: `calc(var(--name) + ${columns.length * CELL_REM}rem)` }}
        ref={grid.root}
        {...grid.handlers}
      >
        <FleetHead columns={columns} head={head} />
        <tbody role="rowgroup">
          <Spacer height={range.first * ROW_PX} />
          {inView.map((item, index) => draw(item, range.first + index))}
          <Spacer height={(items.length - range.end) * ROW_PX} />
        </tbody>
      </table>
    </div>
  );
}

function hintOf(item: FleetItem | undefined, column: Column | undefined, index: number) {
  if (item?.kind !== 'node') return undefined;
  const { node } = item.node;
  if (index === 0) return <NodeHint node={node} />;
  return column && <CellHint node={node} check={column.check} title={column.title} />;
}

interface FleetHeadProps {
  readonly columns: readonly Column[];
  readonly head: { current: HTMLTableSectionElement | null };
}

function FleetHead({ columns, head }: FleetHeadProps) {
  return (
    <thead role="rowgroup" ref={head}>
      <tr role="row" aria-rowindex={1}>
        <th role="columnheader" scope="col" class="fleet-corner">
          {words().fleet.node}
        </th>
        {columns.map(({ check, title }) => (
          <th key={check} role="columnheader" scope="col" class="fleet-check" aria-label={title} title={title}>
            <span>{check}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** Stands for the rows that are not drawn. */
const Spacer = ({ height }: { readonly height: number }) =>
  height <= 0 ? null : (
    <tr aria-hidden="true" class="fleet-spacer">
      <td style={{ height: `${height}px` }} />
    </tr>
  );

/** Which rows are in view of the scrolled box. */
function useRows(count: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLTableSectionElement>(null);
  const view = useSignal({ top: 0, height: 0 });
  const range: Range = visibleRange(view.value, ROW_PX, count, AROUND);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    const measure = (): void => {
      const height = Math.max(0, box.clientHeight - (head.current?.offsetHeight ?? 0));
      // A few pixels change nothing: it is drawn again when another row comes into view.
      const top = Math.floor(box.scrollTop / ROW_PX) * ROW_PX;
      const held = view.peek();
      if (held.top !== top || held.height !== height) view.value = { top, height };
    };
    // It measures at once, when the frame is laid out anyway.
    const resizing = new ResizeObserver(measure);
    resizing.observe(box);
    box.addEventListener('scroll', measure, { passive: true });
    return () => {
      resizing.disconnect();
      box.removeEventListener('scroll', measure);
    };
  }, []);
  const reveal = (row: number): void => {
    const box = scroller.current;
    if (box === null) return;
    const top = row * ROW_PX;
    const { height } = view.peek();
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW_PX > box.scrollTop + height) box.scrollTop = top + ROW_PX - height;
  };
  return { scroller, head, range, reveal, page: Math.max(1, Math.floor(view.value.height / ROW_PX) - 1) };
}
