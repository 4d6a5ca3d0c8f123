/** Text for readers that count bytes: node-problem-detector cuts at a byte, also in the middle of a character. */

const SUBSTITUTES: Readonly<Record<string, string>> = {
  '…': '...',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '→': '->',
  '≥': '>=',
  '≤': '<=',
  '×': 'x',
  µ: 'u',
};

/** One line of printable ASCII, cut to `maxBytes`. Accents are dropped, what has no likeness becomes `?`. */
export function asciiLine(text: string, maxBytes: number): string {
  const ascii = text
    .replace(/[…–—‘’“”→≥≤×µ]/g, (character) => SUBSTITUTES[character] ?? '?')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^\u0020-\u007e]/gu, '?')
    .trim();
  return ascii.length <= maxBytes ? ascii : `${ascii.slice(0, maxBytes - 3).trimEnd()}...`;
}
