import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { ApiLink, ApiMatrix } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { asSentence, plural } from '../format.ts';
import { type BadGroup, countLinks, groupBad, MATRIX_UP_TO } from '../links.ts';
import { nodeAddress } from '../route.ts';
import { LinkFigures, LinkMark } from './link-mark.tsx';
import { LinkMatrix } from './link-matrix.tsx';
import { Lasting } from './time.tsx';

/** Who sees whom. */
export function LinksPanel() {
  const { state, matrix } = useApp();
  const answer = matrix.answer.value;
  const failure = state.current.value ? matrix.failure.value : undefined;
  return (
    <section class="panel" aria-labelledby="links-title">
      <div class="panel-head">
        <h2 id="links-title">Who sees whom</h2>
        {answer === undefined ? null : <p class="muted">{countWords(answer.value)}</p>}
      </div>
      {failure === undefined ? null : (
        <p class="notice" role="note">
          The links cannot be read now: {asSentence(failure)}
        </p>
      )}
      {answer === undefined ? (
        failure === undefined ? (
          <p class="empty">Reading the links.</p>
        ) : null
      ) : answer.value.nodes.length <= MATRIX_UP_TO ? (
        <LinkMatrix matrix={answer.value} />
      ) : (
        <BadLinks links={answer.value.links} />
      )}
    </section>
  );
}

function countWords({ links }: ApiMatrix): string {
  const { looked, bad, stale } = countLinks(links);
  const good = bad === 0 ? 'all good' : `${bad} not good`;
  return `${plural(looked, 'link')}, ${good}${stale === 0 ? '' : `, and ${stale} as last heard`}`;
}

const SHOWN_AT_FIRST = 20;

/** Above the size of a matrix: only what is not good. */
function BadLinks({ links }: { readonly links: readonly ApiLink[] }) {
  const showsAll = useSignal(false);
  const groups = useMemo(() => groupBad(links), [links]);
  if (groups.length === 0) return <p class="empty">No connected node sees a link that is not good.</p>;
  const shown = showsAll.value ? groups : groups.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <div class="scroll-x">
        <table class="links" aria-label="Links that are not good">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Is seen as</th>
              <th scope="col">Since</th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((group) => (
              <BadRow key={`${group.to}\n${group.links[0]?.state ?? ''}`} group={group} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === groups.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          Show all {groups.length}
        </button>
      )}
    </>
  );
}

const OBSERVERS_SHOWN = 4;

function BadRow({ group: { to, links } }: { readonly group: BadGroup }) {
  const [first] = links;
  if (first === undefined) return null;
  return (
    <tr>
      <th scope="row">
        <a href={nodeAddress(to)}>{to}</a>
      </th>
      <td>
        <LinkMark link={first} />
      </td>
      <td>
        <Lasting since={first.since} />
      </td>
      <td class="nowrap">
        {links.slice(0, OBSERVERS_SHOWN).map(({ from }, index) => (
          <span key={from}>
            {index === 0 ? '' : ', '}
            <a href={nodeAddress(from)}>{from}</a>
          </span>
        ))}
        {links.length > OBSERVERS_SHOWN ? ` and ${links.length - OBSERVERS_SHOWN} more` : null}
        {links.length === 1 && first.state === 'good' ? (
          <span class="since-at">
            <LinkFigures link={first} />
          </span>
        ) : null}
      </td>
    </tr>
  );
}
