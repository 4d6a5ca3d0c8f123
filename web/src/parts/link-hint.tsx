import type { ApiLink } from '../../../agent/http/contract/links.ts';
import { linkWords } from '../links.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import { LinkFigures, linkSign } from './link-mark.tsx';
import { Instant } from './time.tsx';

interface LinkHintProps {
  readonly from: string;
  readonly to: string;
  readonly link: ApiLink | undefined;
  readonly isOverlay: boolean;
}

/** What a cell of the matrix stands for. */
export function LinkHint({ from, to, link, isOverlay }: LinkHintProps) {
  const { network } = words();
  if (link === undefined) return <p>{isOverlay ? network.noNews(from, to) : network.noNeighbours(from, to)}</p>;
  const { word } = linkWords(link);
  return (
    <>
      <p class="hint-title">
        <strong>{from}</strong> → <strong>{to}</strong>
      </p>
      <p class="hint-state">
        <Icon sign={linkSign(link)} />
        <strong>{link.shortOnly === true ? network.shortOnly : link.stale === true ? network.was(word) : word}</strong>
        <span>
          {network.since} <Instant at={link.since} />
        </span>
      </p>
      <p class="muted">
        <LinkFigures link={link} />
      </p>
      {link.stale === true ? <p class="muted">{network.historyOf(from)}</p> : null}
      {link.sampled === true ? <p class="muted">{network.sampled}</p> : null}
    </>
  );
}
