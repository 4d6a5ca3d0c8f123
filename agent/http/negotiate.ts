/** Which form of an answer a client likes better (RFC 9110, section 12.5.1). */
export type Format = 'json' | 'text';

/** More media ranges than this in one header are not looked at. */
const MAX_RANGES = 16;

/** The format that the Accept header prefers; `fallback` when it likes both the same. */
export function preferredFormat(accept: string | undefined, fallback: Format): Format {
  if (accept === undefined || accept === '*/*') return fallback;
  const ranges = accept.split(',', MAX_RANGES).map(parseRange);
  const json = qualityOf('application', 'json', ranges);
  const text = qualityOf('text', 'plain', ranges);
  if (json === text) return fallback;
  return json > text ? 'json' : 'text';
}

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

function parseRange(text: string): Range {
  const [media = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type = '', subtype = ''] = media.split('/');
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, subtype, quality: Number.isFinite(quality) ? Math.min(1, Math.max(0, quality)) : 0 };
}

/** The most specific range that names the type decides; 0 when none does. */
function qualityOf(type: string, subtype: string, ranges: readonly Range[]): number {
  const find = (wantedType: string, wantedSubtype: string): number | undefined =>
    ranges.find((range) => range.type === wantedType && range.subtype === wantedSubtype)?.quality;
  return find(type, subtype) ?? find(type, '*') ?? find('*', '*') ?? 0;
}
