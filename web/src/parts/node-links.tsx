import { useSignal } from '@preact/signals';
import { useApp } from '../app.ts';
import { formatReading } from '../format.ts';
import { type LinkPair, linksOf } from '../links.ts';
import { nodeAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { formatLoss, formatOffset, LinkMark } from './link-mark.tsx';
import { Instant } from './time.tsx';

const SHOWN_AT_FIRST = 12;

/** What a node sees of others, and what they see of it. */
export function NodeLinks({ node }: { readonly node: string }) {
  const { nodeLinks } = useApp();
  const { node: text } = words();
  const showsAll = useSignal(false);
  const links = nodeLinks.answer.value?.value.links;
  const pairs = links === undefined ? [] : linksOf(node, links);
  if (pairs.length === 0) return null;
  const shown = showsAll.value ? pairs : pairs.slice(0, SHOWN_AT_FIRST);
  return (
    <section class="panel" aria-labelledby="node-links-title">
      <div class="panel-head">
        <h2 id="node-links-title">{text.links(node)}</h2>
      </div>
      <div class="scroll-x">
        <table class="links" aria-labelledby="node-links-title">
          <thead>
            <tr>
              <th scope="col">{text.peer}</th>
              <th scope="col">{text.seesIt(node)}</th>
              <th scope="col">{text.itSees(node)}</th>
              <th scope="col" class="cell-number">
                {text.roundTrip}
              </th>
              <th scope="col" class="cell-number">
                {text.lostThere}
              </th>
              <th scope="col" class="cell-number">
                {text.lostBack}
              </th>
              <th scope="col" class="cell-number">
                {text.itsClock}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((pair) => (
              <Pair key={pair.peer} pair={pair} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === pairs.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          {text.showPeers(pairs.length)}
        </button>
      )}
    </section>
  );
}

/** The figures are the node's own; where it is not heard, those of the other end, turned round. */
function Pair({ pair: { peer, out, back } }: { readonly pair: LinkPair }) {
  const isOwn = out !== undefined && out.stale !== true;
  const figures = isOwn ? out : (back ?? out);
  const turned = !isOwn && back !== undefined;
  const offset = figures?.clockOffsetSeconds;
  const [lossTo, lossFrom] = turned ? [figures?.lossFrom, figures?.lossTo] : [figures?.lossTo, figures?.lossFrom];
  return (
    <tr class={figures?.stale === true ? 'history' : undefined}>
      <th scope="row">
        <a href={nodeAddress(peer)}>{peer}</a>
      </th>
      <td>
        <LinkMark link={out} />
        <Since link={out} />
      </td>
      <td>
        <LinkMark link={back} />
        <Since link={back} />
      </td>
      <td class="cell-number number">
        {figures?.rttSeconds === undefined ? '' : formatReading('rtt_seconds', figures.rttSeconds)}
      </td>
      <td class="cell-number number">{lossTo === undefined ? '' : formatLoss(lossTo)}</td>
      <td class="cell-number number">{lossFrom === undefined ? '' : formatLoss(lossFrom)}</td>
      <td class="cell-number number">{offset === undefined ? '' : formatOffset(turned ? -offset : offset)}</td>
    </tr>
  );
}

function Since({ link }: { readonly link: LinkPair['out'] }) {
  if (link === undefined || link.state === 'good') return null;
  return (
    <span class="since-at">
      {words().time.since} <Instant at={link.since} />
    </span>
  );
}
