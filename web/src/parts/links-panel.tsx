import { useSignal } from '@preact/signals';
import type { ApiLink, ApiMatrix } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { asSentence, plural } from '../format.ts';
import { badLinks, countLinks, MATRIX_UP_TO } from '../links.ts';
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

const SHOWN_AT_FIRST = 30;

/** Above the size of a matrix: only what is not good. */
function BadLinks({ links }: { readonly links: readonly ApiLink[] }) {
  const showsAll = useSignal(false);
  const bad = badLinks(links);
  if (bad.length === 0) return <p class="empty">No connected node sees a link that is not good.</p>;
  const shown = showsAll.value ? bad : bad.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <div class="scroll-x">
        <table class="links" aria-label="Links that are not good">
          <thead>
            <tr>
              <th scope="col">Seen from</th>
              <th scope="col">To</th>
              <th scope="col">State</th>
              <th scope="col">Since</th>
              <th scope="col">Figures</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((link) => (
              <tr key={`${link.from}\n${link.to}`}>
                <th scope="row">
                  <a href={nodeAddress(link.from)}>{link.from}</a>
                </th>
                <td>
                  <a href={nodeAddress(link.to)}>{link.to}</a>
                </td>
                <td>
                  <LinkMark link={link} />
                </td>
                <td>
                  <Lasting since={link.since} />
                </td>
                <td class="muted">
                  <LinkFigures link={link} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === bad.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          Show all {bad.length} links
        </button>
      )}
    </>
  );
}
