import { STATUS_CODES } from 'node:http';
import { Type } from 'typebox';
import { seconds } from './lib/figures.ts';
import { PROBE_READINGS, createProbesState, lookByProbes } from './lib/probes/look.ts';
import { type Answer, answerOf } from './lib/probes/memory.ts';
import { probeConfig, probeMistakes } from './lib/probes/settings.ts';
import { type CheckContext, type FetchResult, type SettingMistake, defineCheck } from './types.ts';

const REASONS = { warning: 'HttpProbeFailed', critical: 'CriticalHttpProbeFailed' } as const;
const REMEDY =
  'Ask as the agent does, on the node: `curl -ik --max-time 1 URL`; then look at the service behind it. What is asked stands in `checks.http.probes` of the configuration.';
/** As the kubelet: the tenth redirect is not followed any more, and of an answer so much is read. */
const MOST_REQUESTS = 10;
const MOST_BODY_BYTES = 10_240;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_HEADERS = 32;
/** Sent over any connection. */
const HARMLESS: ReadonlySet<string> = new Set(['host', 'user-agent', 'accept']);

export const http = defineCheck({
  id: 'http',
  title: 'HTTP probes',
  description: [
    'Your own probes that GET a URL, as the kubelet’s `httpGet`: 200 to 399 is a success, everything else and no full',
    'answer in time is none. Redirects to the same host are followed, at most nine; one to another host is a success and',
    'counted in `elsewhere_count`. From https on to http your headers are not sent along, but for `Host` and `User-Agent`.',
    'Certificates are not verified. The agent asks, so on the network of its node: `127.0.0.1` is the node itself.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 5000,
  windowMs: 20_000,
  runsOn: 'nodes with such probes in their configuration',
  config: probeConfig(
    {
      url: Type.String({
        pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
        maxLength: 2000,
        expects: 'a URL that begins with http:// or https://',
        description: 'What is asked for; `http://127.0.0.1:8080/healthz` on this node.',
      }),
      headers: Type.Record(Type.String(), Type.String(), {
        default: {},
        writeOnly: true,
        expects: 'a mapping of names to texts',
        description: 'Headers to send; `Host` and `User-Agent` (`meerkat`) may be among them. They are never shown.',
      }),
    },
    { timeoutSeconds: 1, initialDelaySeconds: 60 },
  ),
  mistakes: (settings) => probeMistakes('http', settings, mistakesOf),
  reasons: {
    HttpProbeFailed: { severity: 'warning', summary: 'An HTTP probe of the configuration fails.', remedy: REMEDY },
    CriticalHttpProbeFailed: {
      severity: 'critical',
      summary: 'An HTTP probe of the configuration that is critical for the node fails.',
      remedy: REMEDY,
    },
  },
  readings: {
    ...PROBE_READINGS,
    elsewhere_count: { title: '1 where the last answer was a redirect to another host' },
  },
  needs: ['A list of probes in `checks.http.probes`; without one the check is absent.'],
  createState: createProbesState,
  run: (context) => lookByProbes(context, { check: 'http', reasons: REASONS, ask: (probe) => ask(probe, context) }),
});

interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

function mistakesOf({ url, headers }: Target): SettingMistake[] {
  const mistakes: SettingMistake[] = [];
  const wrong = urlMistake(url);
  if (wrong !== undefined) mistakes.push({ at: 'url', message: wrong });
  // RFC 9110, sections 5.1 and 5.5. What is wrong with a value is not shown: it may be a secret.
  for (const [name, value] of Object.entries(headers)) {
    const isToken = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name);
    if (!isToken) mistakes.push({ at: 'headers', message: `${JSON.stringify(name)} is no name of a header.` });
    // oxlint-disable-next-line no-control-regex -- these are the characters that are not allowed
    else if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value))
      mistakes.push({ at: `headers.${name}`, message: 'has a character that no header may have.' });
  }
  if (Object.keys(headers).length > MOST_HEADERS)
    mistakes.push({ at: 'headers', message: `given more than ${MOST_HEADERS}, which is the most there may be.` });
  return mistakes;
}

function urlMistake(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is no URL that can be asked; http://127.0.0.1:8080/healthz is one.';
  if (url.port === '0') return 'has port 0, on which nobody listens.';
  if (url.username !== '' || url.password !== '')
    return 'has a user in it; give headers with `Authorization` instead, which are never shown.';
  return undefined;
}

async function ask(probe: Target, { fetch, clock }: Pick<CheckContext, 'fetch' | 'clock'>): Promise<Answer> {
  const startedAt = clock.monotonic();
  const elapsedMs = (): number => clock.monotonic() - startedAt;
  const timeoutMs = probe.timeoutSeconds * 1000;
  const first = new URL(probe.url);
  let url = first;
  let headers = headersOf(probe);
  for (let requests = 1; requests <= MOST_REQUESTS; requests += 1) {
    const leftMs = Math.max(1, Math.ceil(timeoutMs - elapsedMs()));
    const request = { url: url.href, headers, timeoutMs: leftMs, maxBodyBytes: MOST_BODY_BYTES };
    const result = await fetch(request);
    if (result.kind === 'failure') return answerOf(result, placeOf(url));
    const durationMs = elapsedMs();
    const location = REDIRECTS.has(result.status) ? (result.location ?? '') : '';
    if (location === '') return judge(url, result, durationMs);
    const next = URL.parse(location, url.href);
    if (next === null) return failed(`${shown(url)} redirects to what is no URL`);
    if (next.hostname !== first.hostname) return elsewhere(url, next, durationMs);
    if (!/^https?:$/.test(next.protocol))
      return failed(`${shown(url)} redirects to ${next.protocol}, which is not HTTP`);
    // Whoever answers in the clear may send the next request anywhere: what is left out once stays left out.
    if (url.protocol === 'https:' && next.protocol === 'http:') headers = harmless(headers);
    url = next;
  }
  return failed(`${shown(first)} redirects again and again: ${MOST_REQUESTS} times, last to ${shown(url)}`);
}

/** A probe's own headers replace ours, however they are spelt. */
const headersOf = ({ headers }: Target): Record<string, string> => ({
  'user-agent': 'meerkat',
  accept: '*/*',
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
});

/** Without what may be a secret, whatever it is called. RFC 9110, section 15.4, item 5. */
const harmless = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));

const failed = (message: string): Answer => ({ verdict: 'failure', message });

function judge(url: URL, { status }: Extract<FetchResult, { readonly kind: 'response' }>, durationMs: number): Answer {
  const name = STATUS_CODES[status];
  const message = `${shown(url)} answered ${status}${name === undefined ? '' : ` ${name}`} in ${seconds(durationMs)}`;
  return { verdict: status >= 200 && status < 400 ? 'success' : 'failure', message, durationMs };
}

const elsewhere = (url: URL, next: URL, durationMs: number): Answer => ({
  verdict: 'success',
  message: `${shown(url)} redirects to another host, ${next.host}, which is not asked`,
  durationMs,
  readings: [{ name: 'elsewhere_count', value: 1 }],
});

const placeOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;

/** Without what may be a secret: what follows the path. */
const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`;
