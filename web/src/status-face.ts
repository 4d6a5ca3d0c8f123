/** How the whole page looks: what the band, the title and the sign of the browser's tab say. */
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { Sign } from './parts/shapes.ts';
import type { Link } from './stream.ts';

export interface Face {
  readonly sign: Sign;
  readonly word: string;
  /** Stands for the sign where there is only text. */
  readonly character: string;
}

const FACES: Readonly<Record<ApiStatus['status'], Face>> = {
  healthy: { sign: 'ok', word: 'Healthy', character: '✓' },
  degraded: { sign: 'warning', word: 'Degraded', character: '▲' },
  critical: { sign: 'critical', word: 'Critical', character: '✖' },
  unknown: { sign: 'unknown', word: 'Unknown', character: '?' },
};

const LOST: Face = { sign: 'lost', word: 'No answer', character: '⚠' };
const REFUSED: Face = { ...LOST, word: 'Refused' };
const CONNECTING: Face = { sign: 'unknown', word: 'Asking', character: '…' };

export const faceOf = (status: ApiStatus['status']): Face => FACES[status];

/** What is on show counts only while the agent answers. A paused page keeps its word, in grey. */
export function pageFace(link: Link, status: ApiStatus['status'] | undefined): Face {
  if (link.kind === 'lost') return link.answered ? REFUSED : LOST;
  if (status === undefined) return CONNECTING;
  const face = FACES[status];
  return link.kind === 'paused'
    ? { sign: 'paused', word: `Paused, was ${face.word.toLowerCase()}`, character: '‖' }
    : face;
}

export const titleOf = (face: Face, place: string | undefined): string =>
  `${face.character} ${face.word}${place === undefined ? '' : ` · ${place}`} · Meerkat`;
