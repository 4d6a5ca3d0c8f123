/**
 * What the reader chose, kept in the address behind its path: `#/?state=problem&network=overlay`. Each choice is a signal,
 * so that only what depends on it is drawn again; the address follows it without a step in the browser's history, and
 * what the address says when it is opened or changed is taken over. Keys of others in the address are left alone.
 */
import { batch, signal, type Signal } from '@preact/signals';

/** What is not in the address. */
const DEFAULTS = {
  /** Nodes in this state: see fleet.ts. */
  state: 'all',
  /** Nodes whose name contains this. */
  name: '',
  network: 'underlay',
  /** What the cells of the matrix show: state, latency or loss. */
  show: 'state',
  /** The two groups whose links are listed, by their ids: `worker/eu-1a..worker/eu-1b`. */
  path: '',
  /** Which check of a node has its history on show. */
  check: '',
  /** What a chart spans: see spans.ts. */
  range: '3h',
} as const;

export type Choice = keyof typeof DEFAULTS;
export type Choices = Readonly<Record<Choice, Signal<string>>>;

const NAMES = Object.keys(DEFAULTS) as Choice[];
/** Longer ones were not made by this page. */
const MAX_LENGTH = 300;

export function createChoices(hash: string): Choices {
  const choices = Object.fromEntries(NAMES.map((name) => [name, signal<string>(DEFAULTS[name])])) as Choices;
  readChoices(choices, hash);
  return choices;
}

/** Takes over what an address says. What it does not say is chosen no more. */
export function readChoices(choices: Choices, hash: string): void {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  batch(() => {
    for (const name of NAMES) choices[name].value = query.get(name)?.slice(0, MAX_LENGTH) ?? DEFAULTS[name];
  });
}

/** The address with the choices in it; what is in it for others stays letter for letter. */
export function withChoices(choices: Choices, hash: string): string {
  const [path = '', text = ''] = hash.split('?');
  const others = text.split('&').filter((pair) => pair !== '' && !NAMES.some((name) => pair.startsWith(`${name}=`)));
  const own = NAMES.filter((name) => choices[name].value !== DEFAULTS[name]).map(
    (name) => `${name}=${escaped(choices[name].value)}`,
  );
  const query = [...others, ...own].join('&');
  return query === '' ? path : `${path === '' ? '#/' : path}?${query}`;
}

/** Slashes and colons may stand in a query as they are. */
const escaped = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':');
