/**
 * Addresses inside the page: `#/`, `#/?at=2026-11-20T02:14:05Z`, `#/node/w1`, `#/node/w1/check/etcd`, `#/scenes`,
 * `#/scenes/20260101T120000-0a1b2c`, `#/events`, `#/alerts`. They are meant to be shared; see also choices.ts.
 */

export type Route =
  /** `at`: as of then, Unix ms; absent: now. */
  | { readonly view: 'overview'; readonly at?: number }
  | { readonly view: 'node'; readonly node: string }
  | { readonly view: 'check'; readonly node: string; readonly check: string }
  /** Of failures; without an id all of them. */
  | { readonly view: 'scenes'; readonly scene?: string }
  | { readonly view: 'events' }
  | { readonly view: 'alerts' }
  | { readonly view: 'missing'; readonly address: string };

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  if (parts.length === 0) return overviewAt(new URLSearchParams(query).get('at'));
  const [first, node, second, check] = parts;
  if (first === 'node' && node !== undefined && node !== '') {
    if (parts.length === 2) return { view: 'node', node };
    if (parts.length === 4 && second === 'check' && check !== undefined && check !== '') {
      return { view: 'check', node, check };
    }
  }
  if (first === 'scenes' && parts.length <= 2) return { view: 'scenes', ...(node !== undefined && { scene: node }) };
  if ((first === 'events' || first === 'alerts') && parts.length === 1) return { view: first };
  return { view: 'missing', address: hash };
}

export function formatRoute(route: Exclude<Route, { readonly view: 'missing' }>): string {
  if (route.view === 'overview') return route.at === undefined ? '#/' : `#/?at=${isoOf(route.at)}`;
  if (route.view === 'scenes') return sceneAddress(route.scene);
  if (route.view === 'events' || route.view === 'alerts') return `#/${route.view}`;
  const node = `#/node/${encodeURIComponent(route.node)}`;
  if (route.view === 'node') return node;
  return `${node}/check/${encodeURIComponent(route.check)}`;
}

/** The address of a node's page. */
export const nodeAddress = (node: string): string => formatRoute({ view: 'node', node });

/** The address of a check's page. */
export const checkAddress = (node: string, check: string): string => formatRoute({ view: 'check', node, check });

/** The address of a scene, or of all of them. */
export const sceneAddress = (scene?: string): string =>
  `#/scenes${scene === undefined ? '' : `/${encodeURIComponent(scene)}`}`;

/** The address of the overview as of then, Unix ms. */
export const momentAddress = (at: number): string => formatRoute({ view: 'overview', at });

/** RFC 3339, without a fraction where it says nothing. */
const isoOf = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

/** What is no instant is now. */
function overviewAt(text: string | null): Route {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? { view: 'overview' } : { view: 'overview', at };
}

/** An empty string for what is no percent-encoding: such an address leads nowhere. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
