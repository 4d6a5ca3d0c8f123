import { useSignal } from '@preact/signals';
import type { ApiGroupMatrix, ApiLink } from '../../../agent/http/contract/links.ts';
import { formatReading } from '../format.ts';
import { nodeAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { LinkMark } from './link-mark.tsx';
import { Lasting } from './time.tsx';

type Worst = ApiGroupMatrix['worst'][number];

const SHOWN_AT_FIRST = 20;

interface BadLinksProps {
  readonly worst: readonly Worst[];
  /** So many more were too many to be told. */
  readonly leftOut: number;
  readonly isOverlay: boolean;
}

/** Who is seen badly, and by whom: what most see first. */
export function BadLinks({ worst, leftOut, isOverlay }: BadLinksProps) {
  const showsAll = useSignal(false);
  const { network } = words();
  if (worst.length === 0) return <p class="empty">{isOverlay ? network.noneOverlay : network.none}</p>;
  const shown = showsAll.value ? worst : worst.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <h3 class="links-title">{network.badTitle}</h3>
      <div class="scroll-x">
        <table class="links" aria-label={network.badTitle}>
          <thead>
            <tr>
              <th scope="col">{network.node}</th>
              <th scope="col">{network.seenAs}</th>
              <th scope="col">{network.sinceHead}</th>
              <th scope="col">{network.by}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <BadRow key={`${one.to}\n${one.state ?? ''}\n${one.shortOnly ?? ''}`} one={one} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === worst.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          {network.showAll(worst.length)}
        </button>
      )}
      {leftOut === 0 || shown.length < worst.length ? null : <p class="muted">{network.leftOut(leftOut)}</p>}
    </>
  );
}

const OBSERVERS_SHOWN = 4;

function BadRow({
  one: { to, state, since, observers, from, lossRatio = 0, oneWay, shortOnly },
}: {
  readonly one: Worst;
}) {
  const { network, comma } = words();
  const shown = from.slice(0, OBSERVERS_SHOWN);
  const link: ApiLink = {
    from: from[0] ?? '',
    to,
    since,
    ...(state !== undefined && { state }),
    ...(shortOnly === true ? { shortOnly } : { lossRatio }),
  };
  return (
    <tr>
      <th scope="row">
        <a href={nodeAddress(to)}>{to}</a>
      </th>
      <td>
        <LinkMark link={link} />
        {state === 'good' && shortOnly !== true ? (
          <span class="since-at">{network.lost(formatReading('loss_ratio', lossRatio))}</span>
        ) : null}
        {oneWay === true ? <span class="tag">{network.oneWayMark}</span> : null}
      </td>
      <td>
        <Lasting since={since} />
      </td>
      <td class="nowrap">
        {shown.map((name, index) => (
          <span key={name}>
            {index === 0 ? '' : comma}
            <a href={nodeAddress(name)}>{name}</a>
          </span>
        ))}
        {observers > shown.length ? network.more('', observers - shown.length) : null}
      </td>
    </tr>
  );
}

const SLOW_SHOWN = 10;

/** The longest round trips among links that are good. */
export function SlowLinks({ links }: { readonly links: readonly ApiLink[] }) {
  const { network } = words();
  if (links.length === 0) return null;
  return (
    <details class="fold">
      <summary>{network.slowest}</summary>
      <div class="scroll-x">
        <table class="links" aria-label={network.slowest}>
          <thead>
            <tr>
              <th scope="col">{network.from}</th>
              <th scope="col">{network.to}</th>
              <th scope="col" class="cell-number">
                {network.shows.latency}
              </th>
            </tr>
          </thead>
          <tbody>
            {links.slice(0, SLOW_SHOWN).map(({ from, to, rttSeconds = 0 }) => (
              <tr key={`${from}\n${to}`}>
                <th scope="row">
                  <a href={nodeAddress(from)}>{from}</a>
                </th>
                <td>
                  <a href={nodeAddress(to)}>{to}</a>
                </td>
                <td class="cell-number number">{formatReading('rtt_seconds', rttSeconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
