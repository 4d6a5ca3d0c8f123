/** Asks for a scene, and goes on to the agent that has it. */
import { isIP } from 'node:net';
import { formatEndpoint } from '../../base/endpoint.ts';
import { AgentError, messageOf } from '../../base/errors.ts';
import { cleanText } from '../../model/text.ts';
import type { Target } from '../lib/arguments.ts';
import type { Answer } from '../lib/client.ts';

type Ask = (target: Target, path: string, timeoutMs?: number) => Promise<Answer>;

/** A node has a few addresses, of which some are not reached from here. */
const MOST_PLACES = 4;
const PLACE_WITHIN_MS = 5000;
const MOST_TEXT = 400;

/**
 * The same token and authority go to the agent that has it: all agents of a cluster are configured alike, and who was asked
 * first has the token already. That one names only addresses of members; here none is taken that is a name, which a server of
 * names could give to anybody, nor one that is asked otherwise than the first, so that the token is not sent in the clear
 * where TLS was wanted.
 *
 * @param say told where the token goes before it does
 * @throws {AgentError} `unavailable` when nobody answers
 */
export async function askWhereItIs(
  target: Target,
  id: string,
  format: 'json' | 'text',
  ask: Ask,
  say: (words: string) => void,
): Promise<Answer> {
  const path = `/api/v1/scenes/${encodeURIComponent(id)}?format=${format}`;
  const first = await ask(target, path);
  const places = placesIn(first, target);
  if (places === undefined) return first;
  const failures: string[] = [];
  for (const { host, port } of places.targets) {
    try {
      say(
        `The agent of ${places.node} has it, says ${target.host}: asking ${formatEndpoint({ host, port })}${withTokenOf(target)}.`,
      );
      const answer = await ask({ ...target, host, port }, path, PLACE_WITHIN_MS);
      // Who is asked there may be another one by now, and would send on for ever.
      if (placesIn(answer, target) === undefined) return answer;
      failures.push(`${host}: it has it no more`);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw new AgentError('unavailable', [places.message, ...failures].join('\n'));
}

const withTokenOf = ({ tokenFile }: Target): string => (tokenFile === undefined ? '' : ' with the same token');

/** Undefined: the agent does not send on to another one. */
function placesIn({ statusCode, body }: Answer, asked: Target) {
  if (statusCode !== 404) return undefined;
  try {
    const { code, message, node, urls } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (code !== 'Elsewhere' || !Array.isArray(urls)) return undefined;
    return {
      message: cleanText(String(message), MOST_TEXT),
      node: cleanText(String(node), MOST_TEXT),
      targets: urls.slice(0, MOST_PLACES).flatMap((url) => placeOf(url, asked) ?? []),
    };
  } catch {
    return undefined;
  }
}

function placeOf(text: unknown, { caFile }: Target): Pick<Target, 'host' | 'port'> | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { hostname, port, protocol } = new URL(text);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || protocol !== (caFile === undefined ? 'http:' : 'https:')) return undefined;
  return { host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
