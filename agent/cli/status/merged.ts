/** `meerkat status --from HOST,HOST`: asks several agents and puts together what they say. */
import type { Clock } from '../../base/clock.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import { AgentError, messageOf } from '../../base/errors.ts';
import type { ApiMembers, ApiStatus } from '../../http/contract.ts';
import type { Target } from '../lib/arguments.ts';
import { type Voice, gravest, merge } from './sides.ts';
import { type Silent, headOf, renderMerged } from './sides-text.ts';

export interface MergedDeps {
  /** The body of an answer. @throws {AgentError} when there is none */
  readonly ask: (target: Target, path: string) => Promise<string>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Text, or JSON with what each of them says. Who does not answer is named and stops nobody.
 *
 * @throws {AgentError} `unavailable` when nobody answers, `usage` when the question is wrong
 */
export async function mergedStatus(
  targets: readonly Target[],
  form: 'text' | 'json',
  deps: MergedDeps,
): Promise<string> {
  const answers = await Promise.all(targets.map((target) => askOne(target, deps)));
  const voices = answers.filter((one): one is Voice => 'status' in one);
  const silent = answers.filter((one): one is Silent => 'why' in one);
  if (voices.length === 0) throw new AgentError('unavailable', silent.map(({ why }) => why).join('\n'));
  const merged = merge(voices);
  if (form === 'text') return renderMerged(merged, silent, deps.clock.now());
  const { sides, apart, isOneCluster, settled } = merged;
  return `${JSON.stringify({
    status: gravest(voices.map(({ status }) => status.status)),
    sentence: headOf(merged).replace(/^[A-Z]+ {2}/, ''),
    sides,
    apart,
    isOneCluster,
    settled,
    silent,
    findings: merged.sayings.flatMap(({ by, findings }) => findings.map((finding) => ({ ...finding, saidBy: by }))),
    asked: voices.map(({ place, status }) => ({ place, status })),
  })}\n`;
}

async function askOne(target: Target, { ask }: MergedDeps): Promise<Voice | Silent> {
  const place = formatEndpoint(target);
  try {
    const [status, members] = await Promise.all([
      ask(target, '/api/v1/status?format=json'),
      ask(target, '/api/v1/members?format=json'),
    ]);
    return { place, status: JSON.parse(status) as ApiStatus, members: JSON.parse(members) as ApiMembers };
  } catch (error) {
    if (error instanceof AgentError && error.exit === 'usage') throw error;
    return { place, why: messageOf(error) };
  }
}
