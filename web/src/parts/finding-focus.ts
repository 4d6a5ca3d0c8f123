/** Leads the focus from finding to finding. Their elements are marked with `data-finding`, which holds their id. */

const marked = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-finding]')];

const current = (): HTMLElement | null => document.activeElement?.closest<HTMLElement>('[data-finding]') ?? null;

/** Whether the focus is on a finding itself, and not on something in it. */
export const isOnFinding = (): boolean => document.activeElement !== null && document.activeElement === current();

/** To the one after or before, of those that are unfolded. False: there is none at all. */
export function stepFinding(step: 1 | -1): boolean {
  const all = marked().filter((element) => element.checkVisibility());
  const here = current();
  const at = here === null ? -1 : all.indexOf(here);
  const next = at === -1 ? all.at(step === 1 ? 0 : -1) : all[Math.max(0, Math.min(all.length - 1, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return next !== undefined;
}

/** Shows the finding, also where it is folded away below its cause. */
export function focusFinding(id: string): void {
  const element = marked().find(({ dataset }) => dataset['finding'] === id);
  for (let fold = element?.closest('details'); fold; fold = fold.parentElement?.closest('details')) fold.open = true;
  element?.focus();
  element?.scrollIntoView({ block: 'nearest' });
}

/** Opens what is folded in the finding that has the focus, or folds all of it. */
export function foldFinding(): void {
  const folds = [...(current()?.querySelectorAll('details') ?? [])];
  const isOpen = folds.some(({ open }) => open);
  for (const fold of folds) fold.open = !isOpen;
}
