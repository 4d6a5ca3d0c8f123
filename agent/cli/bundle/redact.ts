/** Text without secrets, and without addresses where that is asked for. */
import { isIPv4, isIPv6 } from 'node:net';

export type Redact = (text: string) => string;

export interface RedactOptions {
  /** Secrets that are known; short ones would be found everywhere. */
  readonly secrets: readonly string[];
  readonly addresses: boolean;
}

const HIDDEN = '[redacted]';
const LEAST_SECRET = 8;

/** As a name ends that stands before a secret: `clientSecret`, `PGPASSWORD`, `--api-key`. */
const NAME = String.raw`[\w-]*(?:password|passwd|secret|token|(?:api|access|private)[-_]?key)`;
/** A quote, within JSON within JSON, too. */
const QUOTE = String.raw`\\*["']`;

/** What gives a secret away wherever it stands: messages are what programs and servers say, and they say such things. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A message that was cut has no end: its string has.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"]*?-----END [A-Z ]*PRIVATE KEY-----|[^"]*)/g, HIDDEN],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{8,}/gi, `$1$2${HIDDEN}`],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, HIDDEN],
  [/(\w+:\/\/[^\s/@:"'\\]*):[^\s/@"'\\]+@/g, `$1:${HIDDEN}@`],
  [/(\w+:\/\/)[^\s/@:"'\\]+@/g, `$1${HIDDEN}@`],
  [/([?&](?:key|sig|signature|auth|x-amz-[\w-]+)=)[^\s"'&\\]+/gi, `$1${HIDDEN}`],
  [/\b((?:set-)?cookie\s*:\s*)[^\n"\\]+/gi, `$1${HIDDEN}`],
  // In JSON a string is replaced by a string.
  [
    new RegExp(String.raw`(${NAME}(?:${QUOTE})?\s*[=:]\s*)(${QUOTE})(?:(?!\2)(?:\\.|[^\n\\]))*\2`, 'gi'),
    `$1$2${HIDDEN}$2`,
  ],
  [new RegExp(String.raw`("${NAME}"\s*,\s*")(?:[^"\\]|\\.)*`, 'gi'), `$1${HIDDEN}`],
  [new RegExp(String.raw`\b(${NAME}\s*[=:]\s*)[^\s"'\\,;&(){}[\]]+`, 'gi'), `$1${HIDDEN}`],
];

/**
 * Each address becomes the same word wherever it stands, in every file of the bundle, so that what belongs together can
 * still be seen. Loopback and unspecified addresses are nobody's.
 */
export function createRedact({ secrets, addresses }: RedactOptions): Redact {
  const known = secrets.map((secret) => secret.trim()).filter(({ length }) => length >= LEAST_SECRET);
  const words = new Map<string, string>();
  const wordOf = (address: string): string => {
    const word = words.get(address) ?? `address-${words.size + 1}`;
    words.set(address, word);
    return word;
  };
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
    return addresses ? withoutAddresses(clean, wordOf) : clean;
  };
}

const MAC = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi;
const SIX = /(?<![\w:.])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*/gi;
/** As clouds name their machines: `ip-10-1-2-3`. */
const NAMED = /(?<![\w-])ip-(\d{1,3}(?:-\d{1,3}){3})(?![\w-]*\d)/g;
const FOUR = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)/g;

function withoutAddresses(text: string, wordOf: (address: string) => string): string {
  return text
    .replace(MAC, (address) => wordOf(address.toLowerCase()))
    .replace(SIX, (found) => {
      const address = found.replace(/[.:]$/, '');
      const rest = found.slice(address.length);
      if (isIPv6(found)) return isNobodys(found) ? found : wordOf(found.toLowerCase());
      return isIPv6(address) && !isNobodys(address) ? `${wordOf(address.toLowerCase())}${rest}` : found;
    })
    .replace(NAMED, (_, dashed: string) => `ip-${wordOf(dashed.replaceAll('-', '.'))}`)
    .replace(FOUR, (found) => (isIPv4(found) && !isNobodys(found) ? wordOf(found) : found));
}

const isNobodys = (address: string): boolean => /^(127\.|0\.0\.0\.0$|::1?$)/.test(address);
