import type { ApiLink } from '../../../agent/http/contract/links.ts';
import { isLossy, linkWords, type Show } from '../links.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';

interface MatrixKeyProps {
  readonly links: readonly ApiLink[];
  readonly show: Show;
  readonly isOverlay: boolean;
}

/** Only what is in the matrix. */
export function MatrixKey({ links, show, isOverlay }: MatrixKeyProps) {
  const { network, edge } = words();
  const seen = new Map(
    links
      .filter((link) => link.stale !== true && link.state !== 'good')
      .map((link) => [linkWords(link).word, linkWords(link).sign]),
  );
  return (
    <ul class="key" aria-label={network.legend}>
      <li>
        <span class="link-good" /> {edge.good}
      </li>
      {[...seen].map(([word, sign]) => (
        <li key={word} class={sign === 'unknown' ? undefined : 'key-bad'}>
          <Icon sign={sign} /> {word}
        </li>
      ))}
      {links.some((link) => link.state === 'good' && isLossy(link)) ? (
        <li>
          <Icon sign="warning" /> {network.losesProbes}
        </li>
      ) : null}
      {links.some(({ shortOnly }) => shortOnly === true) ? (
        <li>
          <Icon sign="warning" /> {network.shortOnly}
        </li>
      ) : null}
      {show === 'state' ? null : (
        <li>
          <span class="link-level link-level-2" /> {show === 'latency' ? network.slower : network.moreLoss}
        </li>
      )}
      {links.some((link) => link.stale === true) ? (
        <li>
          <span class="key-swatch history" /> {network.history}
        </li>
      ) : null}
      <li>{isOverlay ? network.emptyOverlay : network.empty}</li>
    </ul>
  );
}
