import type { ApiLink } from '../../../agent/http/contract/links.ts';
import type { Level } from '../levels.ts';
import { isBad, linkWords } from '../links.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import { linkSign } from './link-mark.tsx';

interface MatrixCellProps {
  readonly from: string;
  readonly to: string;
  readonly link: ApiLink | undefined;
  readonly level: Level;
  readonly isOverlay: boolean;
  readonly place: { readonly 'data-row': number; readonly 'data-column': number; readonly tabIndex: number };
}

/** What one node sees of another: a dot where it is good, the more bars the longer the way or the more is lost. */
export function MatrixCell({ from, to, link, level, isOverlay, place }: MatrixCellProps) {
  const { network } = words();
  if (from === to) return <span {...place} class="link-cell link-self" role="img" aria-label={from} />;
  if (link === undefined) {
    const text = isOverlay ? network.noNews(from, to) : network.looksNot(from, to);
    return <span {...place} class="link-cell" role="img" aria-label={text} />;
  }
  const { word } = linkWords(link);
  const isPast = link.stale === true;
  const isFine = link.state === 'good' && !isBad(link);
  const kind = isPast
    ? 'history'
    : isFine
      ? 'good'
      : link.state === 'good'
        ? 'lossy'
        : link.state === undefined
          ? 'unknown'
          : 'bad';
  const isDot = isFine || (isPast && link.state === 'good');
  return (
    <span
      {...place}
      class={`link-cell link-cell-${kind}${link.sampled === true ? ' link-sampled' : ''}${isDot && level === undefined ? ' link-unmeasured' : ''}`}
      role="img"
      aria-label={network.sees(from, to, isPast ? network.was(word) : word)}
    >
      {isDot ? <Bars level={level} /> : <Icon sign={linkSign(link)} />}
    </span>
  );
}

/** Without bars the style sheet draws the dot: of thousands of cells nearly all are good. */
const Bars = ({ level }: { readonly level: Level }) =>
  level === 0 || level === undefined ? null : <span class={`link-level link-level-${level}`} />;
