import type { SeriesKey } from '../model/history.ts';

/** One text for a series; no part of a key holds a NUL. */
export const seriesName = ({ node, check, reading, subject = '' }: SeriesKey): string =>
  `${node}\0${check}\0${reading}\0${subject}`;
