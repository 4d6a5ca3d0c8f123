import { useSignal } from '@preact/signals';
import type { Pattern, Side } from '../sides.ts';
import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';

const SHOWN_AT_FIRST = 6;
const MOST_NAMES = 6;

/** What the rows, columns and blocks of the matrix show, in words. */
export function Patterns({ patterns }: { readonly patterns: readonly Pattern[] }) {
  const showsAll = useSignal(false);
  const { network } = words();
  if (patterns.length === 0) return null;
  const shown = showsAll.value ? patterns : patterns.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <ul class="patterns" aria-label={network.patterns}>
        {shown.map((pattern) => {
          const text = wordsOf(pattern);
          return (
            <li key={text}>
              <Icon sign={pattern.kind === 'sides' ? 'critical' : 'warning'} /> <span>{text}</span>
            </li>
          );
        })}
      </ul>
      {shown.length === patterns.length ? null : (
        <button type="button" class="button button-wide" onClick={() => (showsAll.value = true)}>
          {network.showAll(patterns.length)}
        </button>
      )}
    </>
  );
}

function wordsOf(pattern: Pattern): string {
  const { network } = words();
  switch (pattern.kind) {
    case 'sides':
      return network.sides(pattern.sides.map(namesOf).join(network.and));
    case 'unseen':
      return network.unseen(pattern.node, pattern.by, pattern.of);
    case 'blind':
      return network.blind(pattern.node, pattern.sees, pattern.of);
    case 'one-way':
      return network.oneWay(pattern.from, pattern.to);
    case 'pair':
      return network.pair(...pattern.nodes);
    default:
      return pattern satisfies never;
  }
}

function namesOf(side: Side): string {
  const { network, comma } = words();
  const names = side.slice(0, MOST_NAMES).join(comma);
  return side.length > MOST_NAMES ? network.more(names, side.length - MOST_NAMES) : names;
}
