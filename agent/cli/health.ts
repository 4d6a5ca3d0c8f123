/**
 * `meerkat health`: one word and one line for scripts and node-problem-detector. Exit code 0 ok, 1 problem, 2 unknown;
 * an agent that does not answer is unknown. It loads only what it needs, because it runs every few seconds.
 */
import { AgentError, messageOf } from '../base/errors.ts';
import { asciiLine } from '../model/ascii.ts';
import { TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { type Answer, ask, pathOf } from './lib/client.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat health [--scope node|cluster|check:ID] [--fail-on warning|critical] [OPTION…]

Exit codes: 0 looked and fine, 1 problem, 2 unknown (could not look, too old, starting, or no agent answers).
The first line has at most 80 bytes of ASCII.

  --scope SCOPE       node (default), cluster, or check:ID
  --fail-on SEVERITY  critical (default): warnings are fine; warning: they are not
  --timeout SECONDS   how long to wait for the agent (default 3)
  --json              {"verdict", "line"} instead of the lines
${TARGET_USAGE}`;

export const HEALTH_EXIT = { ok: 0, problem: 1, unknown: 2 } as const;
type Verdict = keyof typeof HEALTH_EXIT;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, { usage: USAGE, options: ['scope', 'fail-on', 'timeout'], maxPositionals: 0 });
  if (line === undefined) return 0;
  const failOn = line.text['fail-on'] ?? 'critical';
  if (failOn !== 'critical' && failOn !== 'warning') {
    throw mistake(`--fail-on is warning or critical, not "${failOn}".`, { usage: USAGE });
  }
  const path = pathOf(pathOfScope(line.text['scope'] ?? 'node'), { failOn });
  const timeoutMs = timeoutOf(line.text['timeout'] ?? '3');
  const { verdict, text } = await ask(line.target, path, timeoutMs).then(verdictOf, unanswered);
  const first = text.split('\n', 1)[0] ?? '';
  await print(line.json ? `${JSON.stringify({ verdict, line: first })}\n` : `${text.trimEnd()}\n`);
  return HEALTH_EXIT[verdict];
}

/** @throws {AgentError} `usage` for a scope that there is not */
export function pathOfScope(scope: string): string {
  if (scope === 'node' || scope === 'cluster') return `/health/${scope}`;
  const check = /^check:([a-z0-9-]+)$/.exec(scope)?.[1];
  if (check !== undefined) return `/health/check/${check}`;
  throw mistake(`--scope is node, cluster or check:ID, not "${scope}".`, { usage: USAGE });
}

/** Only an answer in our own words is a verdict: any other server's 200 or 503 says nothing. */
export function verdictOf({ statusCode, body }: Answer): { readonly verdict: Verdict; readonly text: string } {
  if (statusCode === 200 && body.startsWith('OK ')) return { verdict: 'ok', text: body };
  if (statusCode === 503 && body.startsWith('PROBLEM ')) return { verdict: 'problem', text: body };
  if (statusCode === 504 && body.startsWith('UNKNOWN ')) return { verdict: 'unknown', text: body };
  return { verdict: 'unknown', text: asciiLine(`UNKNOWN the agent answered ${statusCode}: ${messageIn(body)}`, 80) };
}

function unanswered(error: unknown): { readonly verdict: Verdict; readonly text: string } {
  // A token file that cannot be read is a mistake on the command line.
  if (error instanceof AgentError && error.exit === 'usage') throw error;
  return { verdict: 'unknown', text: asciiLine(`UNKNOWN ${messageOf(error)}`, 80) };
}

function messageIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    return typeof message === 'string' ? message : 'no message';
  } catch {
    return 'is this a Meerkat agent?';
  }
}

function timeoutOf(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds >= 0.1 && seconds <= 60) return Math.round(seconds * 1000);
  throw mistake(`--timeout is a number of seconds from 0.1 to 60, not "${text}".`, { usage: USAGE });
}
