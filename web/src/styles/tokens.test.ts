import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');
const pairs = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

/** WCAG 2.2: relative luminance and contrast. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  text: ['ground', 'surface', 'raised', 'tint-ok', 'tint-warning', 'tint-critical', 'tint-unknown'],
  muted: ['ground', 'surface', 'raised', 'tint-ok', 'tint-warning', 'tint-critical', 'tint-unknown'],
  accent: ['ground', 'surface', 'raised', 'tint-warning', 'tint-critical'],
  ok: ['surface', 'raised', 'tint-ok'],
  warning: ['surface', 'raised', 'tint-warning'],
  critical: ['surface', 'raised', 'tint-critical'],
  unknown: ['surface', 'raised', 'tint-unknown'],
  absent: ['surface', 'raised'],
};
const CASES = Object.entries(TEXTS).flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const));

describe.each(['light', 'dark'] as const)('in the %s scheme', (scheme) => {
  it.each(CASES)('%s on %s has a contrast of 4.5', (text, ground) => {
    const [front, back] = [pairs.get(text)?.[scheme] ?? '#000000', pairs.get(ground)?.[scheme] ?? '#000000'];
    expect(contrast(front, back)).toBeGreaterThanOrEqual(4.5);
  });
});
