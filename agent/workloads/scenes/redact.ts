/**
 * Text of logs without what gives secrets away. It knows forms, not meanings: a password in a sentence stays. Each line
 * takes time in proportion to its length, whatever is in it: nothing is repeated without a bound, values are walked once.
 */

const MASK = '[redacted]';

export interface Redaction {
  readonly text: string;
  readonly isMasked: boolean;
}

/** What names a secret, where it is the end of a name: `db_password`, `clientSecret`, `--api-key`. */
const SECRET = String.raw`passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:api|access|private|secret|signing|encryption|account|master|session)[-_ ]?key(?:[-_ ]?id)?`;
/** A quote, also inside of a text that is quoted itself. */
const QUOTES = String.raw`\\{0,3}["']`;
/** `password=`, `"password": "`, `--password `. */
const NAMED = new RegExp(
  String.raw`(?:(?:${SECRET})(?:${QUOTES})?[ \t]{0,3}(?:=>|:=|[=:])[ \t]{0,3})|(?:--[\w-]{0,40}(?:${SECRET})[ \t]{1,3}(?!-))`,
  'gi',
);
/** What is behind it to the end of the line, or of the text that is quoted. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)\\{0,3}["']?[ \t]{0,3}[=:][ \t]{0,3}/gi;
const QUOTE_AT = /\\{0,3}["']/y;
const BARE_END = /[\s"'\\,;&(){}[\]<>|]/;

const SIMPLE: readonly (readonly [RegExp, string])[] = [
  // JSON Web Tokens.
  [/(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{4,8192}(?:\.[\w-]{0,8192}){0,3}/g, MASK],
  // Keys that tell by their form what they are: of AWS, GitHub, GitLab, Slack, Google, Stripe and others.
  [/(?<![A-Z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}(?![A-Z0-9])/g, MASK],
  [/(?<!\w)(?:gh[opusr]_\w{30,255}|github_pat_\w{30,255}|glpat-[\w-]{20,255}|npm_\w{30,255})/g, MASK],
  [
    /(?<!\w)(?:xox[abeprs]-[\w-]{10,255}|AIza[\w-]{35}|(?:sk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9]{20,255})/g,
    MASK,
  ],
  // URLs: what stands before the host, and what signs them.
  [/(:\/\/[^\s/@:"'<>]{0,128}):[^\s/"'<>]{1,256}@/g, `$1:${MASK}@`],
  [/(:\/\/)[^\s/@:"'<>]{8,256}@/g, `$1${MASK}@`],
  [/([?&](?:sig|signature|key|auth|code|x-(?:amz|goog)-[\w-]{1,32})=)[^\s"'&\\<>]{1,2048}/gi, `$1${MASK}`],
];

/** `Bearer TOKEN`; but not "basic authentication". */
const SCHEME = /\b(bearer|basic|digest|negotiate|apikey)([ \t]{1,3})([\w.~+/=-]{8,8192})/gi;
const LOOKS_MADE = /[0-9=+/]|[a-z][A-Z]/;
/** Long and of letters that say nothing, where a word before it speaks of keys. */
const MATERIAL =
  /\b((?:key|pem|cert|credential|auth|jwt|cookie|nonce|salt|seed|signature)s?\b["']?[ \t]{0,3}(?:is[ \t]|=>|[=:])[ \t]{0,3}["']?)([A-Za-z0-9+/_-]{32,8192}={0,2})/gi;
const HEXADECIMAL = /^(?:[0-9a-f]+|[0-9A-F]+)$/;
const A_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const A_PATH = /^\/?[\w.-]+(?:\/[\w.-]+){2,}$/;
const WORD = /^[a-z]{1,16}$/;

/** One line, or one message, by itself. */
export function redactLine(line: string): string {
  let text = withoutKeyBlock(line);
  for (const [pattern, replacement] of SIMPLE) text = text.replace(pattern, replacement);
  text = text.replace(SCHEME, (whole, scheme: string, blank: string, value: string) =>
    LOOKS_MADE.test(value) ? `${scheme}${blank}${MASK}` : whole,
  );
  text = walk(text, HEADER, headerEnd);
  text = walk(text, NAMED, valueEnd);
  return text.replace(MATERIAL, (whole, name: string, value: string) =>
    HEXADECIMAL.test(value) || A_UUID.test(value) || A_PATH.test(value) ? whole : `${name}${MASK}`,
  );
}

/** What is masked: from where to where, of nothing where both are the same. */
type Span = readonly [from: number, to: number];

/** Masks a value behind each place that the pattern finds, and goes on behind the value. */
function walk(text: string, pattern: RegExp, spanOf: (text: string, name: string, at: number) => Span): string {
  let out = '';
  let done = 0;
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [from, to] = spanOf(text, found[0], pattern.lastIndex);
    if (to <= from) continue;
    const isMaskedAlready = text.startsWith(MASK, from);
    out += text.slice(done, from) + MASK;
    done = isMaskedAlready ? Math.max(to, from + MASK.length) : to;
    pattern.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** To the quote that ends it, or to where a word ends. */
function valueEnd(text: string, name: string, at: number): Span {
  QUOTE_AT.lastIndex = at;
  const [quote] = QUOTE_AT.exec(text) ?? [];
  if (quote !== undefined) return [at + quote.length, closingOf(text, quote, at + quote.length)];
  let end = at;
  while (end < text.length && !BARE_END.test(text.charAt(end))) end += 1;
  const value = text.slice(at, end);
  // "invalid token: expired" is a sentence.
  const isProse = /^token: $/i.test(name) && WORD.test(value);
  const isNone = /^(?:null|none|nil|undefined|true|false|\*+|-)$/i.test(value);
  return isProse || isNone ? [at, at] : [at, end];
}

function headerEnd(text: string, _name: string, at: number): Span {
  QUOTE_AT.lastIndex = at;
  const [quote] = QUOTE_AT.exec(text) ?? [];
  if (quote !== undefined) return [at + quote.length, closingOf(text, quote, at + quote.length)];
  // In a dump of all headers the text itself may be quoted.
  let end = at;
  while (end < text.length && !/["'\\]/.test(text.charAt(end))) end += 1;
  return [at, end];
}

/** Where no quote follows, the rest of the line is of the value. */
function closingOf(text: string, quote: string, from: number): number {
  if (quote.length > 1) {
    const end = text.indexOf(quote, from);
    return end === -1 ? text.length : end;
  }
  let end = from;
  while (end < text.length && text.charAt(end) !== quote) end += text.charAt(end) === '\\' ? 2 : 1;
  return Math.min(end, text.length);
}

const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_LINE = /^[A-Za-z0-9+/=]{16,128}\s*$/;

/** Of a key that stands in one line. */
function withoutKeyBlock(line: string): string {
  let text = line;
  let out = '';
  for (let begin = KEY_BEGIN.exec(text); begin !== null; begin = KEY_BEGIN.exec(text)) {
    out += text.slice(0, begin.index) + MASK;
    const rest = text.slice(begin.index + begin[0].length);
    const end = KEY_END.exec(rest);
    text = end === null ? '' : rest.slice(end.index + end[0].length);
  }
  return out + text;
}

/** A container may write other lines between those of a key: after so many it was none, or its end was lost. */
const MOST_KEY_LINES = 200;

/** Masks line by line; a private key goes over several. @param lines in the order in which they were written */
export function redactLines(lines: readonly string[]): Redaction[] {
  let keyLines = 0;
  const out: Redaction[] = [];
  for (const line of lines) {
    const [isBegin, isEnd] = [KEY_BEGIN.test(line), KEY_END.test(line)];
    if (isBegin || (!isEnd && keyLines === 0)) {
      if (isBegin) keyLines = isEndedIn(line) ? 0 : 1;
      const text = redactLine(line);
      out.push({ text, isMasked: text !== line });
      continue;
    }
    if (isEnd && keyLines === 0) maskBackwards(out);
    keyLines = isEnd || keyLines >= MOST_KEY_LINES ? 0 : keyLines + 1;
    out.push({ text: MASK, isMasked: true });
  }
  return out;
}

/** The last key that begins in the line also ends there. */
function isEndedIn(line: string): boolean {
  const begin = line.lastIndexOf('-----BEGIN ');
  return KEY_END.test(line.slice(begin));
}

/** The beginning of the key was not read. */
function maskBackwards(out: Redaction[]): void {
  for (let index = out.length - 1; index >= 0 && out.length - index <= MOST_KEY_LINES; index -= 1) {
    if (!KEY_LINE.test(out[index]?.text ?? '')) return;
    out[index] = { text: MASK, isMasked: true };
  }
}
