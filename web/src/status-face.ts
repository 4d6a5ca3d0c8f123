/** How the whole page looks: what the band, the title and the sign of the browser's tab say. */
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { Sign } from './parts/shapes.ts';
import type { Link } from './stream.ts';
import { words } from './words/words.ts';

export interface Face {
  readonly sign: Sign;
  readonly word: string;
  /** Stands for the sign where there is only text. */
  readonly character: string;
}

const SIGNS: Readonly<Record<ApiStatus['status'], Omit<Face, 'word'>>> = {
  healthy: { sign: 'ok', character: '✓' },
  degraded: { sign: 'warning', character: '▲' },
  critical: { sign: 'critical', character: '✖' },
  unknown: { sign: 'unknown', character: '?' },
};

export const faceOf = (status: ApiStatus['status']): Face => ({
  ...SIGNS[status],
  word: words().face.status[status],
});

/** What is on show counts only while the agent answers. A paused page keeps its word, in grey. */
export function pageFace(link: Link, status: ApiStatus['status'] | undefined): Face {
  const { face } = words();
  if (link.kind === 'lost') {
    const word = link.asksToken === true ? face.signIn : link.answered ? face.refused : face.lost;
    return { sign: 'lost', character: '⚠', word };
  }
  if (status === undefined) return { sign: 'unknown', character: '…', word: face.connecting };
  const now = faceOf(status);
  return link.kind === 'paused' ? { sign: 'paused', character: '‖', word: face.pausedWas(now.word) } : now;
}

/** Of an earlier time: it has a sign of its own, so that nobody takes it for that of now. */
export function pastFace(status: ApiStatus['status'] | undefined): Face {
  const { face } = words();
  const word = status === undefined ? face.connecting : face.pastWas(faceOf(status).word);
  return { sign: 'past', character: '◷', word };
}

export const titleOf = (face: Face, place: string | undefined): string =>
  `${face.character} ${face.word}${place === undefined ? '' : ` · ${place}`} · Meerkat`;
