import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app.ts';
import { findTargets } from '../search.ts';
import { words } from '../words/words.ts';
import { closeDialog, Dialog } from './dialog.tsx';

/** Goes to a node, a check or a finding by its name. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
export function SearchDialog() {
  const { state, summaries } = useApp();
  const { search } = words();
  const text = useSignal('');
  const chosen = useSignal(0);
  useEffect(() => {
    if (state.isCluster.peek()) summaries.poll();
  }, []);
  const self = state.self.value;
  const checksOf = state.focus.value ?? self;
  const targets = findTargets(text.value, {
    nodes: state.summaries.value?.value.nodes.map(({ node }) => node) ?? (self === undefined ? [] : [self]),
    checks: state.nodes.checks.value,
    checksOf,
    findings: state.status.value?.value.findings ?? [],
  });
  const active = Math.min(chosen.value, targets.length - 1);
  const go = (address: string | undefined): void => {
    if (address === undefined) return;
    closeDialog();
    location.hash = address;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      chosen.value = Math.max(0, Math.min(targets.length - 1, active + step));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      go(targets[active]?.address);
    }
  };
  return (
    <Dialog title={search.title}>
      <input
        type="text"
        class="input input-wide"
        role="combobox"
        aria-label={search.label}
        aria-expanded="true"
        aria-controls="search-list"
        aria-autocomplete="list"
        aria-activedescendant={active < 0 ? undefined : `search-${active}`}
        placeholder={search.label}
        autocomplete="off"
        autofocus
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          chosen.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="search-list" class="targets" role="listbox" aria-label={search.title}>
        {targets.map(({ kind, text: name, address }, index) => (
          <li
            key={address + name}
            id={`search-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => go(address)}
          >
            <span class="target-kind">{search[kind]}</span> <span lang="en">{name}</span>
          </li>
        ))}
      </ul>
      {targets.length === 0 ? <p class="empty">{search.none}</p> : null}
    </Dialog>
  );
}
