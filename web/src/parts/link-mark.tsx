import type { ApiLink } from '../../../agent/http/contract/links.ts';
import { formatReading } from '../format.ts';
import { isLossy, linkWords } from '../links.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

/** Shape of a link's state. Probes that get lost on a link that answers are worth a warning. */
export const linkSign = (link: ApiLink): Sign =>
  link.state === 'good' && (isLossy(link) || link.shortOnly === true) ? 'warning' : linkWords(link).sign;

/** Shape and word. */
export function LinkMark({ link }: { readonly link: ApiLink | undefined }) {
  const { network } = words();
  if (link === undefined) return <span class="muted">{network.notLookedAt}</span>;
  const word =
    link.shortOnly === true
      ? network.shortOnly
      : link.state === 'good' && isLossy(link)
        ? network.lossy
        : linkWords(link).word;
  return (
    <span class={`state state-link${link.stale === true ? ' state-past' : ''}`}>
      <Icon sign={linkSign(link)} />
      <span>{link.stale === true ? network.was(word) : word}</span>
    </span>
  );
}

/** Round trip, loss each way and the difference of the clocks, as far as they are known. */
export function LinkFigures({ link }: { readonly link: ApiLink }) {
  const { network, comma } = words();
  const { rttSeconds, lossTo, lossFrom, lossRatio, clockOffsetSeconds } = link;
  const figures = [
    ...(rttSeconds === undefined ? [] : [network.roundTrip(formatReading('rtt_seconds', rttSeconds))]),
    ...(lossTo === undefined && lossFrom === undefined
      ? []
      : [network.lostThere(formatLoss(lossTo), formatLoss(lossFrom))]),
    ...(lossRatio === undefined ? [] : [network.lost(formatLoss(lossRatio))]),
    ...(clockOffsetSeconds === undefined ? [] : [network.clock(formatOffset(clockOffsetSeconds))]),
  ];
  return <span>{figures.length === 0 ? network.noFigures : figures.join(comma)}</span>;
}

export const formatLoss = (share: number | undefined): string =>
  share === undefined ? '?' : formatReading('loss_ratio', share);

/** How far the other clock is ahead, with its sign: `+1.2 ms`. */
export const formatOffset = (seconds: number): string =>
  `${seconds > 0 ? '+' : ''}${formatReading('offset_seconds', seconds)}`;
