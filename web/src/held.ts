/**
 * What a part of the page knows that stays in the document while something else is on show: it stands still. Nothing that
 * changes meanwhile is looked at, so the part is not drawn again and costs nothing; once it is on show again it is current.
 */
import { computed, effect, type ReadonlySignal, Signal, untracked } from '@preact/signals';
import type { App } from './app.ts';
import type { Feed } from './feed.ts';

/** The signal as it was when it was last on show. What is written to it goes to the source. */
export function hold<T>(source: ReadonlySignal<T>, isShown: ReadonlySignal<boolean>): Signal<T> {
  let last = source.peek();
  // While it is false nothing else is read, so nothing else has it computed again.
  const held = computed(() => (isShown.value ? (last = source.value) : last));
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(held), 'value') as { readonly get: () => T };
  const set = (value: T): void => {
    (source as Signal<T>).value = value;
  };
  return Object.defineProperty(held, 'value', { get, set });
}

export function holdApp(app: App, isShown: ReadonlySignal<boolean>): App {
  const { state, seen, summaries, matrix, groups } = app;
  /** Of the values that are signals. */
  const all = <T extends object>(values: T): T =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, value instanceof Signal ? hold(value, isShown) : value]),
    ) as T;
  const ofNodes = new WeakMap<object, ReturnType<App['state']['nodes']['of']>>();
  const of: App['state']['nodes']['of'] = (name) => {
    const source = state.nodes.of(name);
    const held = ofNodes.get(source) ?? hold(source, isShown);
    ofNodes.set(source, held);
    return held;
  };
  const feed = <T>(one: Feed<T>): Feed<T> => all(one);
  return {
    ...app,
    seen: hold(seen, isShown),
    state: { ...all(state), choices: all(state.choices), nodes: { ...all(state.nodes), of } },
    summaries: feed(summaries),
    matrix: feed(matrix),
    groups: feed(groups),
    // It is current again at once: whoever begins to follow asks.
    follow: (timeline) => effect(() => (isShown.value ? untracked(() => app.follow(timeline)) : undefined)),
  };
}
