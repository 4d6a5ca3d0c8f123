/** Where a value ends that stands behind the name of a secret. Each letter is looked at a bounded number of times. */

/** What is masked: from where to where, of nothing where both are the same. */
type Span = readonly [from: number, to: number];
/** @param name as it was found @param at where it ends */
export type SpanOf = (text: string, name: string, at: number) => Span;

/** Also a string of bytes, as Python writes it. */
const QUOTE_AT = /[bru]{0,2}(\\{0,3}["'])/iy;
const WORD = /^[a-z]{1,16}$/;
const NONE = /^(?:null|none|nil|<nil>|undefined|true|false|\*+|-|\[\]|\{\}|\(\))$/i;
/** A thing with parts, whose own names are looked at: `{"name": …`, `[{`, `{Name:…`. */
const STRUCTURE_AT = /(?:&?[A-Z]\w{0,60})?\{[ \t]{0,3}(?:["'}]|\\{1,3}["']|\w{1,60}[ \t]{0,3}[:=])|\[[ \t]{0,3}[{&]/y;
/** How many tests went well is no password: `pass=12 fail=3`, `--- PASS: TestX`. */
const TALLY = /^\d[\d.,%/]{0,20}(?:ms|s|m)?$/;
/** Names that end so without a mark between: `dbpass`, and not `bypass`. */
const BEFORE_PASS =
  /(?:^|[^a-z])(?:db|user|usr|smtp|mail|imap|ftp|ssh|root|admin|auth|ldap|sudo|key|my|login|proxy|sql|redis|http|store)$/i;

/** To the quote that ends it, or to where a word ends. */
export const spanOfValue: SpanOf = (text, name, at) => {
  const nothing: Span = [at, at];
  const isPass = /^(?:-{0,2}[\w-]{0,40})pass(?!w|p)/i.test(name);
  const start = at - name.length;
  if (isPass && !isNamedPass(text, start)) return nothing;
  QUOTE_AT.lastIndex = at;
  const [prefix, quote] = QUOTE_AT.exec(text) ?? [];
  if (prefix !== undefined && quote !== undefined)
    return [at + prefix.length, closingOf(text, quote, at + prefix.length)];
  STRUCTURE_AT.lastIndex = at;
  if (STRUCTURE_AT.test(text)) return nothing;
  const end = bareEnd(text, at, isInQuery(text, start));
  const value = text.slice(at, end);
  if (NONE.test(value) || isNoSecret(text, start, name, value)) return nothing;
  // "invalid token: expired", "unexpected token: {" and "second pass: inlining" are sentences.
  if (/^token: $/i.test(name) && (WORD.test(value) || /^[[({]/.test(value))) return nothing;
  if (isPass && (TALLY.test(value) || isReport(text, start, name, value))) return nothing;
  return [at, end];
};

/** `*v1.Secret: failed to list …`, of which the logs of controllers are full; and where a shell is, `PWD=/app`. */
function isNoSecret(text: string, start: number, name: string, value: string): boolean {
  if (/^secret: /i.test(name)) return /\bv\d\w{0,8}\.$/.test(text.slice(Math.max(0, start - 12), start));
  return (
    name === 'PWD=' &&
    /^\/[\w./-]{0,255}$/.test(value) &&
    /(?:^|\W)(?:OLD)?$/.test(text.slice(Math.max(0, start - 4), start))
  );
}

/** All that a header says. */
export const spanOfHeader: SpanOf = (text, _, at) => {
  QUOTE_AT.lastIndex = at;
  const [prefix, quote] = QUOTE_AT.exec(text) ?? [];
  if (prefix !== undefined && quote !== undefined)
    return [at + prefix.length, closingOf(text, quote, at + prefix.length)];
  // As Go prints all headers of a request.
  if (text.charAt(at) === '[') {
    const close = text.indexOf(']', at);
    return [at, close === -1 ? text.length : close + 1];
  }
  // In a dump of all headers the text itself may be quoted; but a cookie may have quotes of its own.
  let end = at;
  while (end < text.length && !/["'\\]/.test(text.charAt(end))) {
    const isOwn = text.charAt(end) === '=' && text.charAt(end + 1) === '"';
    end = isOwn ? Math.min(closingOf(text, '"', end + 2) + 1, text.length) : end + 1;
  }
  return [at, end];
};

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

/** A bracket belongs to the value where it is closed: `Some("x")`, `[x]`, `{noop}x`. */
function bareEnd(text: string, at: number, isQuery: boolean): number {
  let end = at;
  /** No bracket before that is closed. */
  let openUntil = at;
  while (end < text.length && !isEndAt(text, end, isQuery)) {
    const letter = text.charAt(end);
    end += 1;
    if (!'([{'.includes(letter)) continue;
    QUOTE_AT.lastIndex = end;
    const [prefix, quote] = QUOTE_AT.exec(text) ?? [];
    if (prefix !== undefined && quote !== undefined)
      end = Math.min(closingOf(text, quote, end + prefix.length) + quote.length, text.length);
    if (end <= openUntil) continue;
    const close = closed(text, end);
    if (close === undefined) openUntil = end + MOST_IN_BRACKETS;
    else end = close;
  }
  return end;
}

const MOST_IN_BRACKETS = 512;

/** Behind the bracket that closes the one before `from`; undefined: there is none near. */
function closed(text: string, from: number): number | undefined {
  let depth = 1;
  for (let end = from; end < Math.min(text.length, from + MOST_IN_BRACKETS); end += 1) {
    if ('([{'.includes(text.charAt(end))) depth += 1;
    if (')]}'.includes(text.charAt(end))) depth -= 1;
    if (depth === 0) return end + 1;
  }
  return undefined;
}

/** What follows is the next of several: `&user=`, `; path=`, `,"n":`. */
const NEXT_AT = /[&,;|](?:$|[\s"'\\]|[\w.%-]{1,64}=)/y;

function isEndAt(text: string, at: number, isQuery: boolean): boolean {
  const letter = text.charAt(at);
  if (/[\s"')\]}]/.test(letter)) return true;
  if (letter === '<') return /[/!]/.test(text.charAt(at + 1));
  // Of a text that is quoted itself; else one of the password.
  if (letter === '\\') return /["'nrt\\]/.test(text.charAt(at + 1));
  if (!/[&,;|]/.test(letter)) return false;
  if (isQuery && letter === '&') return true;
  NEXT_AT.lastIndex = at;
  return NEXT_AT.test(text);
}

/** Behind `?` or `&`, with the rest of its name before it. */
function isInQuery(text: string, start: number): boolean {
  return /[?&][\w.%[\]-]{0,64}$/.test(text.slice(Math.max(0, start - 65), start));
}

/** Not the end of another word. */
function isNamedPass(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 12), start);
  if (!/[a-z]$/i.test(before)) return true;
  return (/[a-z]$/.test(before) && text.startsWith('Pass', start)) || BEFORE_PASS.test(before);
}

/** `pass` alone, with a blank behind it and a word that may be what went well. */
function isReport(text: string, start: number, name: string, value: string): boolean {
  if (!/^pass:[ \t]/i.test(name) || /[\w.-]$/.test(text.slice(Math.max(0, start - 1), start))) return false;
  return name.startsWith('PASS') || WORD.test(value);
}
