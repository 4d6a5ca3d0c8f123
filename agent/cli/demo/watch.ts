/** Listens to what the agents of a demo say, and tells what is new: what a person at a page would see. */
import type { Clock } from '../../base/clock.ts';
import type { ApiFinding, ApiStatus } from '../../http/contract.ts';
import { ask } from '../lib/client.ts';
import type { DemoNode } from './plan.ts';

/** Undefined: it does not answer. */
export type Answers = ReadonlyMap<DemoNode, ApiStatus | undefined>;

const ASK_EVERY_MS = 500;
const ASK_TIMEOUT_MS = 1000;

/** Asks all agents at once. */
export async function askAll(nodes: readonly DemoNode[]): Promise<Answers> {
  return new Map(await Promise.all(nodes.map(async (node) => [node, await askOne(node)] as const)));
}

/** True when every agent is connected to every other, and has looked at everything. */
export const isWhole = (answers: Answers): boolean =>
  [...answers.values()].every((status) => status?.view.settled === true && status.view.component === answers.size);

/** The last answers; they may not agree when the time is up. */
export async function untilWhole(
  nodes: readonly DemoNode[],
  withinMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answers> {
  const deadline = clock.monotonic() + withinMs;
  for (;;) {
    const answers = await askAll(nodes);
    if (isWhole(answers) || signal.aborted || clock.monotonic() > deadline) return answers;
    await clock.sleep(ASK_EVERY_MS, signal);
  }
}

/** Tells news until the signal is aborted, line by line. */
export async function follow(
  nodes: readonly DemoNode[],
  first: Answers,
  tell: (line: string) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let known: News = new Map();
  let told = agreement(first).text;
  for (let answers = first; !signal.aborted; answers = await askAll(nodes)) {
    const { lines, known: next } = newsOf(known, answers);
    for (const line of lines) tell(line);
    known = next;
    const { text, isUnanimous } = agreement(answers);
    // While they find out, one is ahead of the other by a moment.
    if (isUnanimous && text !== told) tell((told = text));
    await clock.sleep(ASK_EVERY_MS, signal);
  }
}

/** What was told and is not over, by id. */
export type News = ReadonlyMap<string, ApiFinding>;

/**
 * A cause is told when more than half of those who answer see it, and again when its severity changes. It is over when
 * nobody sees it any more. Who has just started is not asked.
 */
export function newsOf(known: News, answers: Answers): { readonly lines: readonly string[]; readonly known: News } {
  const said = new Map<string, { readonly finding: ApiFinding; readonly by: string[] }>();
  const settled = [...answers].filter(([, status]) => status?.view.settled === true);
  for (const [{ name }, status] of settled) {
    for (const finding of status?.findings ?? []) {
      const one = said.get(finding.id) ?? { finding, by: [] };
      one.by.push(name);
      said.set(finding.id, one);
    }
  }
  const isNew = ({ id, severity, causedBy }: ApiFinding): boolean =>
    causedBy === undefined && known.get(id)?.severity !== severity;
  const raised = [...said.values()].filter(({ finding, by }) => isNew(finding) && 2 * by.length > settled.length);
  const over = settled.length === 0 ? [] : [...known.values()].filter(({ id }) => !said.has(id));
  const next = new Map(known);
  for (const { finding } of raised) next.set(finding.id, finding);
  for (const { id } of over) next.delete(id);
  return {
    lines: [
      ...raised.map(({ finding, by }) => `${by.join(', ')}: ${finding.severity}: ${finding.sentence}.`),
      ...over.map(({ sentence }) => `over: ${sentence}.`),
    ],
    known: next,
  };
}

/** `all 3 agree: healthy`, `m1, m2 agree: healthy; m3 does not answer`, or who says what. */
export function agreement(answers: Answers): { readonly text: string; readonly isUnanimous: boolean } {
  const byStatus = new Map<string, string[]>();
  const silent: string[] = [];
  for (const [{ name }, status] of answers) {
    if (status === undefined) silent.push(name);
    else byStatus.set(status.status, [...(byStatus.get(status.status) ?? []), name]);
  }
  const [only, ...others] = [...byStatus].map(([status, names]) => ({ status, names: names.join(', ') }));
  const missing = silent.length === 0 ? '' : `; no answer from ${silent.join(', ')}`;
  if (only === undefined) return { text: 'nobody answers', isUnanimous: true };
  if (others.length > 0) {
    const each = [only, ...others].map(({ status, names }) => `${names}: ${status}`);
    return { text: `${each.join('; ')}${missing}`, isUnanimous: false };
  }
  const who = silent.length === 0 ? `all ${answers.size} agree` : only.names;
  return { text: `${who}: ${only.status}${missing}`, isUnanimous: true };
}

async function askOne({ address, port }: DemoNode): Promise<ApiStatus | undefined> {
  try {
    const { statusCode, body } = await ask({ host: address, port }, '/api/v1/status', ASK_TIMEOUT_MS);
    return statusCode === 200 ? (JSON.parse(body) as ApiStatus) : undefined;
  } catch {
    return undefined;
  }
}
