/** The sign in the browser's tab. It is made here, because an agent that does not answer cannot serve one. */
import { type Sign, SHAPES } from './parts/shapes.ts';

/** Readable on light and on dark tabs. */
const COLOURS: Partial<Record<Sign, string>> = { ok: '#2a9d63', warning: '#d98a00', critical: '#d93a40' };
const GREY = '#7d8894';

export function setFavicon(sign: Sign): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const address = `data:image/svg+xml,${encodeURIComponent(drawing(sign))}`;
  if (link !== null && link.href !== address) link.href = address;
}

function drawing(sign: Sign): string {
  const { style, body, mark } = SHAPES[sign];
  const colour = COLOURS[sign] ?? GREY;
  const isFilled = style === 'filled';
  const line = `fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="${body}" fill="${isFilled ? colour : 'none'}" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"/><path d="${mark}" ${line} stroke="${isFilled ? '#fff' : colour}"/></svg>`;
}
