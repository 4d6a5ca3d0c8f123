import type { ApiGroupMatrix } from '../../../agent/http/contract/links.ts';
import { formatReading } from '../format.ts';
import type { Show } from '../links.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';

type Path = ApiGroupMatrix['paths'][number];

interface GroupCellProps {
  /** Undefined: nobody looks there. */
  readonly path: Path | undefined;
  readonly from: string;
  readonly to: string;
  readonly show: Show;
  readonly isOverlay: boolean;
  readonly open: () => void;
  readonly place: { readonly 'data-row': number; readonly 'data-column': number; readonly tabIndex: number };
}

/** From this share of the links on a cell is as red as one of which all are lost. */
const MOSTLY = 0.5;

/** How many links are not good, how long they are, or how much they lose. */
export function GroupCell({ path, from, to, show, isOverlay, open, place }: GroupCellProps) {
  const { network } = words();
  if (path === undefined) {
    const text = network.sees(from, to, isOverlay ? network.noneOverlay : network.nothing);
    return <span {...place} class="group-cell group-cell-none" role="img" aria-label={text} />;
  }
  const { bad, links, rttSeconds, rttWorstSeconds, lossRatio } = path;
  const count = links === undefined ? network.bad(bad) : bad === 0 ? network.good(links) : network.badOf(bad, links);
  const figures = [
    count,
    ...(rttSeconds === undefined ? [] : [`${network.median} ${formatReading('rtt_seconds', rttSeconds)}`]),
    ...(rttWorstSeconds === undefined ? [] : [`${network.longest} ${formatReading('rtt_seconds', rttWorstSeconds)}`]),
    ...(lossRatio === undefined ? [] : [network.lost(formatReading('loss_ratio', lossRatio))]),
  ];
  const text = figures.join(words().comma);
  return (
    <button
      {...place}
      type="button"
      class={`group-cell group-cell-${kindOf(path)}`}
      aria-label={network.groupCell(from, to, text)}
      title={text}
      onClick={open}
    >
      {bad > 0 ? <Icon sign={kindOf(path) === 'bad' ? 'critical' : 'warning'} /> : <span class="link-good" />}
      <span class="number">{shownOf(path, show)}</span>
    </button>
  );
}

function kindOf({ bad, links }: Path): 'good' | 'some' | 'bad' {
  if (bad === 0) return 'good';
  return links !== undefined && bad < MOSTLY * links ? 'some' : 'bad';
}

function shownOf({ bad, links, rttSeconds, lossRatio }: Path, show: Show): string {
  if (show === 'latency') return rttSeconds === undefined ? '' : formatReading('rtt_seconds', rttSeconds);
  if (show === 'loss') return lossRatio === undefined ? '' : formatReading('loss_ratio', lossRatio);
  return bad > 0 ? `${bad}` : links === undefined ? '' : `${links}`;
}
