/** Asks for a scene, and goes on to the agent that has it. */
import { AgentError, messageOf } from '../../base/errors.ts';
import type { Target } from '../lib/arguments.ts';
import type { Answer } from '../lib/client.ts';

type Ask = (target: Target, path: string, timeoutMs?: number) => Promise<Answer>;

/** A node has a few addresses, of which some are not reached from here. */
const MOST_PLACES = 4;
const PLACE_WITHIN_MS = 5000;

/**
 * The same token and authority go to the agent that has it: all agents of a cluster are configured alike, and who was asked
 * first has the token already.
 *
 * @throws {AgentError} `unavailable` when nobody answers
 */
export async function askWhereItIs(target: Target, id: string, format: 'json' | 'text', ask: Ask): Promise<Answer> {
  const path = `/api/v1/scenes/${encodeURIComponent(id)}?format=${format}`;
  const first = await ask(target, path);
  const places = placesIn(first);
  if (places === undefined) return first;
  const failures: string[] = [];
  for (const { host, port } of places.targets) {
    try {
      const answer = await ask({ ...target, host, port }, path, PLACE_WITHIN_MS);
      // Who is asked there may be another one by now, and would send on for ever.
      if (placesIn(answer) === undefined) return answer;
      failures.push(`${host}: it has it no more`);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw new AgentError('unavailable', [places.message, ...failures].join('\n'));
}

/** Undefined: the agent does not send on to another one. */
function placesIn({ statusCode, body }: Answer) {
  if (statusCode !== 404) return undefined;
  try {
    const { code, message, urls } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (code !== 'Elsewhere' || !Array.isArray(urls)) return undefined;
    return { message: String(message), targets: urls.slice(0, MOST_PLACES).flatMap((url) => placeOf(url) ?? []) };
  } catch {
    return undefined;
  }
}

function placeOf(text: unknown): Pick<Target, 'host' | 'port'> | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { hostname, port, protocol } = new URL(text);
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}
