/** What one agent knows and knew, question by question, within bounds. */
import { formatEndpoint } from '../../base/endpoint.ts';
import { AgentError, messageOf } from '../../base/errors.ts';
import type { ApiCatalogue, ApiNodes, ApiStatus } from '../../http/contract.ts';
import type { Target } from '../lib/arguments.ts';
import { type Answer, messageIn, pathOf } from '../lib/client.ts';

export interface BundleFile {
  /** In the archive. */
  readonly name: string;
  readonly text: string;
  readonly what: string;
}

/** What is not there, and why. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

export interface Collected {
  readonly files: readonly BundleFile[];
  readonly leftOut: readonly LeftOut[];
}

export interface CollectDeps {
  /** @throws when there is no answer */
  readonly ask: (target: Target, path: string) => Promise<Answer>;
}

/** One file; a larger one would be most of the bundle. */
const MOST_FILE_BYTES = 8 * 1024 * 1024;
/** Of one agent. */
const MOST_BYTES = 24 * 1024 * 1024;
/** Nodes that are not fine come with their checks, so many at most. */
const MOST_NODES = 20;
const POINTS = 240;
/** An agent that is silent so often in a row hangs: it is asked no more. */
const MOST_SILENCES = 2;

/**
 * @param place of the agent among those that are asked, from 1: two may claim one name
 * @param from start of timeline and samples, as the API takes it
 * @throws {AgentError} `usage` for a mistake on the command line
 */
export async function collect(target: Target, place: number, from: string, { ask }: CollectDeps): Promise<Collected> {
  const files: BundleFile[] = [];
  const leftOut: LeftOut[] = [];
  const where = formatEndpoint(target);
  let directory = '';
  let bytes = 0;
  let silences = 0;

  /** The body, where there is one. */
  const add = async (name: string, path: string, what: string): Promise<string | undefined> => {
    const skip = (why: string): undefined => void leftOut.push({ name: `${directory || where}/${name}`, why });
    if (silences >= MOST_SILENCES) return skip(`${where} did not answer ${MOST_SILENCES} times in a row`);
    let answer: Answer;
    try {
      answer = await ask(target, path);
      silences = 0;
    } catch (error) {
      if (error instanceof AgentError && error.exit === 'usage') throw error;
      silences += 1;
      return skip(messageOf(error));
    }
    const { statusCode, body } = answer;
    if (statusCode !== 200) return skip(messageIn(body, statusCode));
    try {
      directory ||= `${place}-${fileOf((JSON.parse(body) as ApiStatus).view.node)}`;
    } catch {
      return skip('what answers there is no Meerkat agent');
    }
    const size = Buffer.byteLength(body);
    if (size > MOST_FILE_BYTES) return skip(`it has ${size} bytes, more than ${MOST_FILE_BYTES}`);
    if (bytes + size > MOST_BYTES) return skip(`all of this agent together would be more than ${MOST_BYTES} bytes`);
    bytes += size;
    files.push({ name: unused(`${directory}/${name}`, files), text: body, what });
    return body;
  };

  const status = await add('status.json', '/api/v1/status?format=json', 'what is wrong, since when and why');
  if (status === undefined) return { files, leftOut: [{ name: where, why: leftOut[0]?.why ?? 'no answer' }] };
  const { node } = (JSON.parse(status) as ApiStatus).view;
  await add('status.txt', '/status?format=text', 'the same for people');
  const nodes = await add('nodes.json', '/api/v1/nodes?format=json', 'every node in short');
  for (const name of detailed(nodes, node)) {
    await add(
      `nodes/${fileOf(name)}.json`,
      `/api/v1/nodes/${encodeURIComponent(name)}?format=json`,
      `${name} with all its checks`,
    );
  }
  await add('members.json', '/api/v1/members?format=json', 'what the agents say of each other');
  await add('matrix.json', '/api/v1/matrix?format=json', 'what each node sees of the others');
  await add('matrix.txt', '/api/v1/matrix?format=text', 'the same for people');
  await add('signals.json', '/api/v1/signals?format=json', 'what alert managers and scripts say of workloads');
  const events = (format: string): string => pathOf('/api/v1/events', { since: from, limit: '1000', format });
  await add('events.json', events('json'), 'what the Kubernetes API tells of its objects, and who reads it');
  await add('events.txt', events('text'), 'the same for people, oldest first');
  await add('alerts.json', '/api/v1/alerts?format=json', 'what fires by rules');
  await add('rules.json', '/api/v1/rules?format=json', 'the rules, and what is wrong with their file');
  const timeline = (format: string): string => pathOf('/api/v1/timeline', { from, limit: '1000', format });
  await add('timeline.json', timeline('json'), 'what changed, newest first');
  await add('timeline.txt', timeline('text'), 'the same for people, oldest first');
  await add('metrics.txt', '/metrics', "the agent's own figures");
  const catalogue = await add('checks.json', '/api/v1/checks?format=json', 'what each check looks at');
  for (const check of measuring(catalogue)) {
    const path = pathOf('/api/v1/series', { check, from, points: String(POINTS), format: 'json' });
    await add(`samples/${fileOf(check)}.json`, path, `readings of ${check} over time`);
  }
  return { files, leftOut };
}

/** The one that is asked first, then those that are not fine. */
function detailed(body: string | undefined, own: string): readonly string[] {
  const { nodes } = body === undefined ? { nodes: [] } : (JSON.parse(body) as ApiNodes);
  const ill = nodes.filter(({ node, status }) => node !== own && status !== 'ok').map(({ node }) => node);
  return [own, ...ill].slice(0, MOST_NODES);
}

function measuring(body: string | undefined): readonly string[] {
  const { checks } = body === undefined ? { checks: [] } : (JSON.parse(body) as ApiCatalogue);
  return checks.filter(({ readings }) => readings.length > 0).map(({ check }) => check);
}

/** A name of a node as one of a file; names are what peers say. Long ones are cut: the node is in the file, too. */
export const fileOf = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 63) || '_';

const unused = (name: string, files: readonly BundleFile[]): string =>
  files.some((file) => file.name === name) ? unused(`${name}~`, files) : name;
