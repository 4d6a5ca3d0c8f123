import { useMemo } from 'preact/hooks';
import type { ApiMatrix } from '../../../agent/http/contract/links.ts';
import { useApp } from '../app.ts';
import { groupId } from '../fleet.ts';
import { levelOf } from '../levels.ts';
import { indexLinks, isBad, linkOf, networkOf, type Show, showOf } from '../links.ts';
import { nodeAddress } from '../route.ts';
import { orderBySides, patternsOf } from '../sides.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import { LinkHint } from './link-hint.tsx';
import { MatrixCell } from './link-cell.tsx';
import { MatrixKey } from './link-key.tsx';
import { OverlayNotes } from './link-overlay.tsx';
import { Patterns } from './link-patterns.tsx';
import { useGrid } from './use-grid.ts';

/** More than so many have smaller cells. */
const DENSE_FROM = 20;
/** From this share of a row or a column on its head is marked. */
const MOSTLY = 0.5;

/** A row for who looks, a column for who is looked at; nodes that reach each other stand together. */
export function LinkMatrix() {
  const { state, matrix } = useApp();
  const answer = matrix.answer.value?.value;
  return answer === undefined ? null : (
    <Drawn
      matrix={answer}
      show={showOf(state.choices.show.value)}
      isOverlay={networkOf(state.choices.network.value) === 'overlay'}
    />
  );
}

interface DrawnProps {
  readonly matrix: ApiMatrix;
  readonly show: Show;
  readonly isOverlay: boolean;
}

function Drawn({ matrix, show, isOverlay }: DrawnProps) {
  const { nodes, starts, patterns } = useOrder(matrix, isOverlay);
  const index = useMemo(() => indexLinks(matrix.links), [matrix]);
  const troubled = useMemo(() => troubledHeads(matrix), [matrix]);
  const levels = useMemo(() => levelOf(matrix.links, show), [matrix, show]);
  const { network } = words();
  const grid = useGrid({
    rows: nodes.length,
    columns: nodes.length,
    page: 10,
    hintOf: ({ row, column }) => {
      const [from, to] = [nodes[row], nodes[column]];
      if (from === undefined || to === undefined || from === to) return undefined;
      return <LinkHint from={from} to={to} link={linkOf(index, from, to)} isOverlay={isOverlay} />;
    },
  });
  const { row: stopRow, column: stopColumn } = grid.active.value;
  const edge = (name: string): string => (starts.has(name) ? ' matrix-edge' : '');
  return (
    <>
      {isOverlay ? <OverlayNotes matrix={matrix} /> : <Patterns patterns={patterns} />}
      <div class="scroll-x">
        <table
          class={nodes.length > DENSE_FROM ? 'matrix matrix-dense' : 'matrix'}
          role="grid"
          aria-labelledby="links-title"
          ref={grid.root}
          {...grid.handlers}
        >
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col" class="matrix-corner">
                {network.corner}
              </th>
              {nodes.map((to) => (
                <th key={to} role="columnheader" scope="col" class={`matrix-to${edge(to)}`}>
                  <HeadMark mark={troubled.to.get(to)} />
                  <span>{to}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {nodes.map((from, row) => (
              <tr key={from} role="row" class={starts.has(from) ? 'matrix-row-edge' : undefined}>
                <th role="rowheader" scope="row" class="matrix-from">
                  <a href={nodeAddress(from)} tabIndex={-1}>
                    {from}
                  </a>
                  <HeadMark mark={troubled.from.get(from)} />
                </th>
                {nodes.map((to, column) => (
                  <td key={to} role="gridcell" class={starts.has(to) ? 'matrix-edge' : undefined}>
                    <MatrixCell
                      from={from}
                      to={to}
                      link={linkOf(index, from, to)}
                      level={levels(linkOf(index, from, to))}
                      isOverlay={isOverlay}
                      place={{
                        'data-row': row,
                        'data-column': column,
                        tabIndex: row === stopRow && column === stopColumn ? 0 : -1,
                      }}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <MatrixKey links={matrix.links} show={show} isOverlay={isOverlay} />
    </>
  );
}

/** Which nodes begin a part of the cluster that the part before it does not reach; the control plane first in each. */
function useOrder({ nodes, links, node: self }: ApiMatrix, isOverlay: boolean) {
  const { state } = useApp();
  const summaries = state.summaries.value;
  return useMemo(() => {
    const groups = new Map(summaries?.value.nodes.map((one) => [one.node, groupId(one)]));
    const ids = [...new Set(groups.values())].toSorted();
    const rank = (name: string): number => ids.indexOf(groups.get(name) ?? '');
    // A node without an overlay responder has no links there: they tell no sides.
    const order = orderBySides(nodes, isOverlay ? [] : links, self, rank);
    const sorted = isOverlay ? nodes.toSorted((a, b) => rank(a) - rank(b)) : order.nodes;
    const starts = new Set(isOverlay ? [] : order.sides.slice(1).flatMap(([first]) => first ?? []));
    return { nodes: sorted, starts, patterns: patternsOf(order, links) };
  }, [nodes, links, summaries, isOverlay]);
}

interface Mark {
  readonly bad: number;
  readonly all: number;
}

/** Rows and columns of which most is not good. */
function troubledHeads({ links }: ApiMatrix): { readonly from: Map<string, Mark>; readonly to: Map<string, Mark> } {
  const current = links.filter(({ stale, state }) => stale !== true && state !== undefined);
  const marked = (key: 'from' | 'to'): Map<string, Mark> =>
    new Map(
      [...Map.groupBy(current, (link) => link[key])]
        .map(([name, all]) => [name, { bad: all.filter(isBad).length, all: all.length }] as const)
        .filter(([, { bad, all }]) => bad > 0 && bad >= MOSTLY * all),
    );
  return { from: marked('from'), to: marked('to') };
}

function HeadMark({ mark }: { readonly mark: Mark | undefined }) {
  if (mark === undefined) return null;
  const text = words().network.rowMark(mark.bad, mark.all);
  return (
    <span class="matrix-mark" title={text}>
      <Icon sign="warning" />
      <span class="off-screen">{text}</span>
    </span>
  );
}
