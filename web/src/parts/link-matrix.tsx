import { useMemo } from 'preact/hooks';
import type { ApiLink, ApiMatrix } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { sortFleet } from '../fleet.ts';
import { indexLinks, isLossy, linkOf, linkWords } from '../links.ts';
import { nodeAddress } from '../route.ts';
import { Icon } from './icon.tsx';
import { LinkHint } from './link-hint.tsx';
import { linkSign } from './link-mark.tsx';
import { useGrid } from './use-grid.ts';

/** More than so many have smaller cells. */
const DENSE_FROM = 20;

/** A row for who looks, a column for who is looked at. */
export function LinkMatrix({ matrix }: { readonly matrix: ApiMatrix }) {
  const nodes = useOrder(matrix.nodes);
  const index = useMemo(() => indexLinks(matrix.links), [matrix]);
  const grid = useGrid({
    rows: nodes.length,
    columns: nodes.length,
    page: 10,
    hintOf: ({ row, column }) => {
      const [from, to] = [nodes[row], nodes[column]];
      if (from === undefined || to === undefined || from === to) return undefined;
      return <LinkHint from={from} to={to} link={linkOf(index, from, to)} />;
    },
  });
  const { row: stopRow, column: stopColumn } = grid.active.value;
  return (
    <>
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
                from ╲ to
              </th>
              {nodes.map((to) => (
                <th key={to} role="columnheader" scope="col" class="matrix-to">
                  <span>{to}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {nodes.map((from, row) => (
              <tr key={from} role="row">
                <th role="rowheader" scope="row" class="matrix-from">
                  <a href={nodeAddress(from)} tabIndex={-1}>
                    {from}
                  </a>
                </th>
                {nodes.map((to, column) => (
                  <td key={to} role="gridcell">
                    <MatrixCell
                      from={from}
                      to={to}
                      link={linkOf(index, from, to)}
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
      <MatrixKey links={matrix.links} />
    </>
  );
}

/** As the grid above it orders them. */
function useOrder(names: readonly string[]): readonly string[] {
  const { state } = useApp();
  const summaries = state.summaries.value;
  const controlPlane = state.nodes.controlPlane.value;
  return useMemo(() => {
    const listed = summaries?.value.nodes.filter(({ node }) => names.includes(node)) ?? [];
    const sorted = sortFleet(listed, controlPlane).map(({ node }) => node);
    return [...sorted, ...names.filter((name) => !sorted.includes(name))];
  }, [names, summaries, controlPlane]);
}

interface MatrixCellProps {
  readonly from: string;
  readonly to: string;
  readonly link: ApiLink | undefined;
  readonly place: { readonly 'data-row': number; readonly 'data-column': number; readonly tabIndex: number };
}

function MatrixCell({ from, to, link, place }: MatrixCellProps) {
  if (from === to) return <span {...place} class="link-cell link-self" role="img" aria-label={from} />;
  if (link === undefined) {
    return <span {...place} class="link-cell" role="img" aria-label={`${from} does not look at ${to}`} />;
  }
  const { word } = linkWords(link);
  const past = link.stale === true;
  const kind = past ? 'history' : link.state === 'good' ? (isLossy(link) ? 'lossy' : 'good') : 'bad';
  return (
    <span
      {...place}
      class={`link-cell link-cell-${kind}${link.sampled === true ? ' link-sampled' : ''}`}
      role="img"
      aria-label={`${from} sees ${to}: ${past ? `was ${word}` : word}`}
    >
      {link.state === 'good' && !isLossy(link) ? <span class="link-good" /> : <Icon sign={linkSign(link)} />}
    </span>
  );
}

/** Only what is in the matrix. */
function MatrixKey({ links }: { readonly links: readonly ApiLink[] }) {
  const seen = new Map(
    links
      .filter((link) => link.stale !== true && link.state !== 'good')
      .map((link) => [linkWords(link).word, linkWords(link).sign]),
  );
  return (
    <ul class="key" aria-label="Legend">
      <li>
        <span class="link-good" /> good
      </li>
      {[...seen].map(([word, sign]) => (
        <li key={word} class="key-bad">
          <Icon sign={sign} /> {word}
        </li>
      ))}
      {links.some((link) => link.state === 'good' && isLossy(link)) ? (
        <li>
          <Icon sign="warning" /> loses probes
        </li>
      ) : null}
      {links.some((link) => link.stale === true) ? (
        <li>
          <span class="key-swatch history" /> history
        </li>
      ) : null}
      <li>empty: no neighbours</li>
    </ul>
  );
}
