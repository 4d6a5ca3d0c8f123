import type { ComponentChildren } from 'preact';
import { useApp } from '../app.ts';
import { asSentence } from '../format.ts';
import { countLinks, MATRIX_UP_TO, networkOf, showOf, SHOWS } from '../links.ts';
import { words } from '../words/words.ts';
import { GroupLinks } from './group-links.tsx';
import { LinkMatrix } from './link-matrix.tsx';

/** Who sees whom: between nodes or between pods, as a matrix or, in a large cluster, by groups. */
export function LinksPanel() {
  const { state, matrix, groups } = useApp();
  const { network } = words();
  const isLarge = (state.status.value?.value.view.members ?? 0) > MATRIX_UP_TO;
  const feed = isLarge ? groups : matrix;
  const failure = state.current.value ? feed.failure.value : undefined;
  const isRead = feed.answer.value !== undefined;
  return (
    <section class="panel" aria-labelledby="links-title">
      <div class="panel-head">
        <h2 id="links-title">{network.title}</h2>
        <Counts />
        <Choices />
      </div>
      {failure === undefined ? null : (
        <p class="notice" role="note">
          {network.fails(asSentence(failure))}
        </p>
      )}
      {isRead ? (
        isLarge ? (
          <GroupLinks />
        ) : (
          <LinkMatrix />
        )
      ) : failure === undefined ? (
        <p class="empty">{network.reading}</p>
      ) : null}
    </section>
  );
}

/** In a large cluster only what is broken is known of the overlay, which cannot be counted against the rest. */
function Counts() {
  const { state, matrix, groups } = useApp();
  const { network, comma } = words();
  const large = groups.answer.value?.value;
  const small = matrix.answer.value?.value;
  if (small === undefined && networkOf(state.choices.network.value) === 'overlay') return null;
  const { looked, bad, stale } =
    small === undefined
      ? {
          looked: large?.paths.reduce((sum, { links = 0 }) => sum + links, 0) ?? 0,
          bad: large?.paths.reduce((sum, path) => sum + path.bad, 0) ?? 0,
          stale: 0,
        }
      : countLinks(small.links);
  if (small === undefined && large === undefined) return null;
  const parts = [
    network.links(looked),
    bad === 0 ? network.allGood : network.notGood(bad),
    ...(stale === 0 ? [] : [network.lastHeard(stale)]),
  ];
  return <p class="muted">{parts.join(comma)}</p>;
}

function Choices() {
  const { choices } = useApp().state;
  const { network } = words();
  const chosen = networkOf(choices.network.value);
  const show = showOf(choices.show.value);
  return (
    <div class="link-choices">
      <div class="filter" role="group" aria-label={network.networkLabel}>
        {(['underlay', 'overlay'] as const).map((name) => (
          <Choice key={name} isChosen={chosen === name} choose={() => (choices.network.value = name)}>
            {network.networks[name]}
          </Choice>
        ))}
      </div>
      <div class="filter" role="group" aria-label={network.showLabel}>
        {SHOWS.map((name) => (
          <Choice key={name} isChosen={show === name} choose={() => (choices.show.value = name)}>
            {network.shows[name]}
          </Choice>
        ))}
      </div>
    </div>
  );
}

interface ChoiceProps {
  readonly isChosen: boolean;
  readonly choose: () => void;
  readonly children: ComponentChildren;
}

const Choice = ({ isChosen, choose, children }: ChoiceProps) => (
  <button type="button" class="filter-button" aria-pressed={isChosen} onClick={choose}>
    {children}
  </button>
);
