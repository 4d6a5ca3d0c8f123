import type { ApiLink } from '../../../agent/http/contract.ts';
import { formatReading } from '../format.ts';
import { isLossy, linkWords } from '../links.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

/** Shape of a link's state. Probes that get lost on a link that answers are worth a warning. */
export const linkSign = (link: ApiLink): Sign =>
  link.state === 'good' && isLossy(link) ? 'warning' : linkWords(link).sign;

/** Shape and word. */
export function LinkMark({ link }: { readonly link: ApiLink | undefined }) {
  if (link === undefined) return <span class="muted">not looked at</span>;
  const word = link.state === 'good' && isLossy(link) ? 'lossy' : linkWords(link).word;
  return (
    <span class={`state state-link${link.stale === true ? ' state-past' : ''}`}>
      <Icon sign={linkSign(link)} />
      <span>{link.stale === true ? `was ${word}` : word}</span>
    </span>
  );
}

/** Round trip, loss each way and the difference of the clocks, as far as they are known. */
export function LinkFigures({ link }: { readonly link: ApiLink }) {
  const figures = [
    ...(link.rttSeconds === undefined ? [] : [`round trip ${formatReading('rtt_seconds', link.rttSeconds)}`]),
    ...lossWords(link),
    ...(link.clockOffsetSeconds === undefined ? [] : [`clock ${formatOffset(link.clockOffsetSeconds)}`]),
  ];
  return <span>{figures.length === 0 ? 'No figures.' : figures.join(', ')}</span>;
}

function lossWords({ lossTo, lossFrom }: ApiLink): string[] {
  if (lossTo === undefined && lossFrom === undefined) return [];
  return [`${formatLoss(lossTo)} lost there, ${formatLoss(lossFrom)} back`];
}

export const formatLoss = (share: number | undefined): string =>
  share === undefined ? '?' : formatReading('loss_ratio', share);

/** How far the other clock is ahead, with its sign: `+1.2 ms`. */
export const formatOffset = (seconds: number): string =>
  `${seconds > 0 ? '+' : ''}${formatReading('offset_seconds', seconds)}`;
