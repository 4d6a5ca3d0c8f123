import type { ApiMatrix } from '../../../agent/http/contract/links.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';

/** What each node's own check says of the network between pods. */
export function OverlayNotes({ matrix: { responders = [] } }: { readonly matrix: ApiMatrix }) {
  const { network } = words();
  const looking = responders.filter(({ status }) => status !== 'absent');
  if (looking.length === 0) return <p class="notice">{network.noResponders}</p>;
  const current = looking.filter(({ stale }) => stale !== true);
  const cutOff = current.filter((one) => one.cutOff === true);
  return (
    <>
      {cutOff.length === 0 ? null : (
        <ul class="patterns" aria-label={network.patterns}>
          {cutOff.map((one) => (
            <li key={one.node}>
              <Icon sign="critical" /> <span>{network.cutOff(one.node)}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="description">
        {network.responders(current.filter(({ status }) => status === 'ok').length, looking.length)}
      </p>
    </>
  );
}
