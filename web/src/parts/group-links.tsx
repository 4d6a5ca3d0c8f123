import { useMemo } from 'preact/hooks';
import type { ApiGroupMatrix } from '../../../agent/http/contract/links.ts';
import { useApp } from '../app.ts';
import { networkOf, pathChoice, pathOf, showOf } from '../links.ts';
import { words } from '../words/words.ts';
import { groupWords } from './fleet-group.tsx';
import { GroupCell } from './group-cell.tsx';
import { BadLinks, SlowLinks } from './links-tables.tsx';
import { useGrid } from './use-grid.ts';

/** A large cluster: what nodes of each role and zone see of the others, then the links that are not good. */
export function GroupLinks() {
  const { state, groups } = useApp();
  const { network } = words();
  const answer = groups.answer.value?.value;
  if (answer === undefined) return null;
  const isOverlay = networkOf(state.choices.network.value) === 'overlay';
  const { from, to } = pathOf(state.choices.path.value);
  const nodes = answer.groups.reduce((sum, group) => sum + group.nodes, 0);
  return (
    <>
      {from === undefined || to === undefined ? (
        <GroupMatrix matrix={answer} isOverlay={isOverlay} />
      ) : (
        <p class="description">
          {network.onlyPath(network.group(nameOf(answer, from), nameOf(answer, to)))}{' '}
          <button type="button" class="button" onClick={() => (state.choices.path.value = '')}>
            {network.showAllGroups}
          </button>
        </p>
      )}
      {isOverlay ? <p class="muted links-note">{network.emptyOverlay}</p> : null}
      <BadLinks worst={answer.worst} leftOut={answer.worstLeftOut} isOverlay={isOverlay} />
      <SlowLinks links={answer.slowest} />
      {answer.read > 0 && answer.read < nodes ? (
        <p class="muted links-note">{network.read(answer.read, nodes)}</p>
      ) : null}
    </>
  );
}

const nameOf = ({ groups }: ApiGroupMatrix, id: string): string => {
  const group = groups.find((one) => one.id === id);
  return group === undefined ? id : groupWords({ role: group.role, zone: group.zone });
};

interface GroupMatrixProps {
  readonly matrix: ApiGroupMatrix;
  readonly isOverlay: boolean;
}

/** A cell leads to the links that it stands for. */
function GroupMatrix({ matrix, isOverlay }: GroupMatrixProps) {
  const { choices } = useApp().state;
  const { network } = words();
  const { groups } = matrix;
  const paths = useMemo(() => new Map(matrix.paths.map((path) => [pathChoice(path.from, path.to), path])), [matrix]);
  const grid = useGrid({ rows: groups.length, columns: groups.length, page: 10, hintOf: () => undefined });
  const { row: stopRow, column: stopColumn } = grid.active.value;
  const show = showOf(choices.show.value);
  return (
    <div class="scroll-x">
      <table class="matrix matrix-groups" role="grid" aria-label={network.groups} ref={grid.root} {...grid.handlers}>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col" class="matrix-corner">
              {network.corner}
            </th>
            {groups.map(({ id }) => (
              <th key={id} role="columnheader" scope="col" class="matrix-group">
                {nameOf(matrix, id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {groups.map(({ id: from, nodes, connected }, row) => (
            <tr key={from} role="row">
              <th role="rowheader" scope="row" class="matrix-from">
                {nameOf(matrix, from)}{' '}
                <span class="muted number">{connected === nodes ? nodes : network.connected(connected, nodes)}</span>
              </th>
              {groups.map(({ id: to }, column) => (
                <td key={to} role="gridcell">
                  <GroupCell
                    path={paths.get(pathChoice(from, to))}
                    from={nameOf(matrix, from)}
                    to={nameOf(matrix, to)}
                    show={show}
                    isOverlay={isOverlay}
                    open={() => (choices.path.value = pathChoice(from, to))}
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
  );
}
