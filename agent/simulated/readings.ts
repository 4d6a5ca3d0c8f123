/** Generated figures: a level of its own for every series, a slow wave and a little noise. */
import { chance } from './chance.ts';

const DAY_MS = 86_400_000;
const NOISE_MS = 10_000;

/** From and to of a level, by the unit that ends the reading's name. */
const LEVELS: Readonly<Record<string, readonly [number, number]>> = {
  ratio: [0.1, 0.55],
  seconds: [0.000_5, 0.02],
  bytes: [2e9, 2e11],
};
const COUNTS = [5, 500] as const;

/** @param time Unix ms */
export function readingAt(seed: number, node: string, check: string, reading: string, time: number): number {
  const roll = (what: string | number): number => chance(seed, node, check, reading, what);
  const unit = reading.split('_').at(-1) ?? '';
  const [low, high] = LEVELS[unit] ?? COUNTS;
  const level = low + (high - low) * roll('level');
  // What only grows is a straight line.
  if (unit === 'total') return Math.round((level * (time % (30 * DAY_MS))) / 60_000);
  const periodMs = 600_000 + 5_400_000 * roll('period');
  const wave = 0.12 * Math.sin((2 * Math.PI * time) / periodMs + 6.28 * roll('phase'));
  const noise = 0.06 * (roll(Math.floor(time / NOISE_MS)) - 0.5);
  const value = level * (1 + wave + noise);
  return unit in LEVELS ? value : Math.round(value);
}
