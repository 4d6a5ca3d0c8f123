/**
 * Text of logs without what gives secrets away. It knows forms, not meanings: a password in a sentence stays. Each line
 * takes time in proportion to its length, whatever is in it: nothing is repeated without a bound, values are walked once.
 */
import { FORMS, MASK, SECRET } from './secret-forms.ts';
import { type SpanOf, spanOfHeader, spanOfValue } from './secret-values.ts';

export interface Redaction {
  readonly text: string;
  readonly isMasked: boolean;
}

/** A quote, also inside of a text that is quoted itself. */
const QUOTES = String.raw`\\{0,3}["']`;
/**
 * `{"name":"DB_PASSWORD","value":"`; `WITH PASSWORD '`; `password=`, `"password": "`, as wide as those who align their settings
 * make it; `--password `.
 */
const NAMED = new RegExp(
  [
    String.raw`(?:${SECRET})(?:${QUOTES})?[ \t,:={]{1,24}(?:${QUOTES})?value(?:${QUOTES})?[ \t]{0,3}[:=][ \t]{0,3}`,
    String.raw`(?:passw(?:or)?d|passphrase|identified by)[ \t]{1,3}(?=${QUOTES})`,
    String.raw`(?:${SECRET})(?:${QUOTES})?[ \t]{0,24}(?:=>|:=|={1,3}|:)[ \t]{0,24}`,
    String.raw`--[\w-]{0,40}(?:${SECRET})[ \t]{1,3}(?!-)`,
  ].join('|'),
  'gi',
);
/** What is behind it to the end of the line, or of the text that is quoted. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|x-auth-token)\\{0,3}["']?[ \t]{0,3}[=:][ \t]{0,3}/gi;
/** Of a registry, where it is no word for how: `"auth":"dXNlcjpwYXNz"`. */
const REGISTRY =
  /((?:\\{0,3}"auth\\{0,3}"[ \t]{0,3}:[ \t]{0,3}\\{0,3}")|(?:\b_auth[ \t]{0,3}=[ \t]{0,3}"?))([\w+/=-]{8,8192})/g;

/** `Bearer TOKEN`; but not "basic authentication". */
const SCHEME = /\b(bearer|basic|digest|negotiate|apikey)([ \t]{1,3})([\w.~+/=-]{8,8192})/gi;
const LOOKS_MADE = /[0-9=+/]|[a-z][A-Z]/;
/** Long and of letters that say nothing, where a word before it speaks of keys. */
const MATERIAL =
  /\b((?:key|pem|cert|credential|auth|jwt|cookie|nonce|salt|seed|signature)s?\b["']?[ \t]{0,3}(?:is[ \t]|=>|[=:])[ \t]{0,3}["']?)([A-Za-z0-9+/_-]{32,8192}={0,2})/gi;
/** All that is looked for in whole lines, beside the forms. */
export const PATTERNS: readonly RegExp[] = [NAMED, HEADER, REGISTRY, SCHEME, MATERIAL];
const HEXADECIMAL = /^(?:[0-9a-f]+|[0-9A-F]+)$/;
const A_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const A_PATH = /^\/?[\w.-]+(?:\/[\w.-]+){2,}$/;

/** One line, or one message, by itself. */
export function redactLine(line: string): string {
  let text = withoutKeyBlock(line);
  for (const [pattern, replacement] of FORMS) text = text.replace(pattern, replacement);
  text = text.replace(SCHEME, (whole, scheme: string, blank: string, value: string) =>
    LOOKS_MADE.test(value) ? `${scheme}${blank}${MASK}` : whole,
  );
  text = text.replace(REGISTRY, (whole, name: string, value: string) =>
    LOOKS_MADE.test(value) ? `${name}${MASK}` : whole,
  );
  text = walk(text, HEADER, spanOfHeader);
  text = walk(text, NAMED, spanOfValue);
  return text.replace(MATERIAL, (whole, name: string, value: string) =>
    HEXADECIMAL.test(value) || A_UUID.test(value) || A_PATH.test(value) ? whole : `${name}${MASK}`,
  );
}

/** Masks a value behind each place that the pattern finds, and goes on behind the value. */
function walk(text: string, pattern: RegExp, spanOf: SpanOf): string {
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

const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_LINE = /^[A-Za-z0-9+/=]{16,128}\s*$/;
/** Of its lines and of what stands between them, also where that is escaped. */
const KEY_LETTER = /[A-Za-z0-9+/=\s\\]/;

/** Of a key that stands in one line, or whose end does. */
function withoutKeyBlock(line: string): string {
  let text = line;
  let out = '';
  for (let begin = KEY_BEGIN.exec(text); begin !== null; begin = KEY_BEGIN.exec(text)) {
    out += withoutKeyEnds(text.slice(0, begin.index)) + MASK;
    const rest = text.slice(begin.index + begin[0].length);
    const end = KEY_END.exec(rest);
    text = end === null ? '' : rest.slice(end.index + end[0].length);
  }
  return out + withoutKeyEnds(text);
}

/** The beginning of the key was not read: what may be of it goes, too. */
function withoutKeyEnds(text: string): string {
  let rest = text;
  let out = '';
  for (let end = KEY_END.exec(rest); end !== null; end = KEY_END.exec(rest)) {
    let from = end.index;
    while (from > 0 && KEY_LETTER.test(rest.charAt(from - 1))) from -= 1;
    out += rest.slice(0, from) + MASK;
    rest = rest.slice(end.index + end[0].length);
  }
  return out + rest;
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
