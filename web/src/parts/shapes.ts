/**
 * The signs of states. Each has a shape of its own, so that colour is never the only thing that tells them apart. Paths
 * are drawn on 16 × 16.
 */
export type Sign =
  | 'ok'
  | 'warning'
  | 'critical'
  | 'unknown'
  | 'absent'
  | 'info'
  | 'lost'
  | 'paused'
  | 'past'
  | 'started'
  | 'stopped';

export interface Shape {
  /** Filled, with the mark cut out; or an outline with the mark in the same colour. */
  readonly style: 'filled' | 'outline' | 'dashed' | 'bare';
  readonly body: string;
  readonly mark: string;
}

const CIRCLE = 'M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2z';
const DIAMOND = 'M8 1 15 8 8 15 1 8z';
const TRIANGLE = 'M8 1.8 15 14.2H1z';
const OCTAGON = 'M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2z';
const SQUARE = 'M2.5 2.5h11v11h-11z';
const QUESTION = 'M6.2 6.4C6.2 5.3 7 4.7 8 4.7s1.8.6 1.8 1.6c0 1.3-1.8 1.4-1.8 2.8M8 11.3v.1';

export const SHAPES: Readonly<Record<Sign, Shape>> = {
  ok: { style: 'filled', body: CIRCLE, mark: 'M4.9 8.3 7.1 10.5 11.2 5.9' },
  warning: { style: 'filled', body: TRIANGLE, mark: 'M8 6.3v3.4M8 12v.1' },
  critical: { style: 'filled', body: OCTAGON, mark: 'M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8' },
  unknown: { style: 'dashed', body: DIAMOND, mark: QUESTION },
  absent: { style: 'bare', body: '', mark: 'M4 8h8' },
  info: { style: 'outline', body: CIRCLE, mark: 'M8 7.3v4M8 4.7v.1' },
  lost: { style: 'outline', body: SQUARE, mark: 'M5.5 5.5l5 5M10.5 5.5l-5 5' },
  paused: { style: 'outline', body: CIRCLE, mark: 'M6.3 5.5v5M9.7 5.5v5' },
  past: { style: 'outline', body: CIRCLE, mark: 'M8 4.6V8.2l2.5 1.6' },
  started: { style: 'bare', body: '', mark: 'M5 3.5 12 8l-7 4.5z' },
  stopped: { style: 'bare', body: '', mark: 'M4.5 4.5h7v7h-7z' },
};
