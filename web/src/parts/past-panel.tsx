import { useApp } from '../app.ts';
import { asSentence } from '../format.ts';
import { nodeAddress } from '../route.ts';
import { words } from '../words/words.ts';
import { Instant } from './time.tsx';

/** Of an earlier time: who was not connected, and what is not kept. */
export function PastPanel() {
  const { state, past } = useApp();
  const text = words();
  const failure = past.failure.value;
  if (failure !== undefined) {
    return (
      <p class="notice notice-panel" role="note">
        {text.past.cannotRead(asSentence(failure))}{' '}
        <button type="button" class="button" onClick={() => void past.look(state.at.peek())}>
          {text.banner.askAgain}
        </button>
      </p>
    );
  }
  const away = state.past.value?.value.past?.away ?? [];
  const leftOut = state.past.value?.value.past?.awayLeftOut ?? 0;
  return (
    <section class="panel" aria-labelledby="past-title">
      <div class="panel-head">
        <h2 id="past-title">{text.past.away}</h2>
        <p class="muted">{text.count.members(away.length + leftOut)}</p>
      </div>
      {away.length === 0 ? null : (
        <ul class="away">
          {away.map(({ node, state: member, since }) => (
            <li key={node}>
              <a href={nodeAddress(node)}>{node}</a> {text.member[member]}{' '}
              <span class="muted">
                {text.time.since} <Instant at={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {leftOut === 0 ? null : <p class="muted">{text.past.awayMore(leftOut)}</p>}
      <p class="muted">{text.past.notKept}</p>
    </section>
  );
}
