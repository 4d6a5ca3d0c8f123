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
  let known: ReadonlyMap<string, Said> = new Map();
  let summary = agreement(first);
  for (let answers = first; !signal.aborted; answers = await askAll(nodes)) {
    const found = findingsOf(answers);
    for (const line of newsOf(known, found)) tell(line);
    const agreed = agreement(answers);
    if (agreed !== summary) tell(agreed);
    [known, summary] = [found, agreed];
    await clock.sleep(ASK_EVERY_MS, signal);
  }
}

interface Said {
  readonly finding: ApiFinding;
  readonly by: readonly string[];
}

/** What more than half of those who answer see, by id. */
export function findingsOf(answers: Answers): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>();
  const heard = [...answers].filter(([, status]) => status !== undefined);
  for (const [node, status] of heard) {
    for (const finding of status?.findings ?? []) {
      said.set(finding.id, { finding, by: [...(said.get(finding.id)?.by ?? []), node.name] });
    }
  }
  return new Map([...said].filter(([, { by }]) => 2 * by.length > heard.length));
}

/** Causes that were not said before, or with another severity, and what is not said any more. */
export function newsOf(before: ReadonlyMap<string, Said>, now: ReadonlyMap<string, Said>): string[] {
  const raised = [...now]
    .filter(
      ([id, { finding }]) => finding.causedBy === undefined && before.get(id)?.finding.severity !== finding.severity,
    )
    .map(([, { finding, by }]) => `${by.join(', ')}: ${finding.severity}: ${finding.sentence}.`);
  const over = [...before].filter(([id]) => !now.has(id)).map(([, { finding }]) => `over: ${finding.sentence}.`);
  return [...raised, ...over];
}

/** `all 3 agree: healthy`, `m1, m2 agree: healthy; m3 does not answer`, or who says what. */
export function agreement(answers: Answers): string {
  const byStatus = new Map<string, string[]>();
  const silent: string[] = [];
  for (const [{ name }, status] of answers) {
    if (status === undefined) silent.push(name);
    else byStatus.set(status.status, [...(byStatus.get(status.status) ?? []), name]);
  }
  const [only, ...others] = [...byStatus].map(([status, names]) => ({ status, names: names.join(', ') }));
  const missing = silent.length === 0 ? '' : `; no answer from ${silent.join(', ')}`;
  if (only === undefined) return 'nobody answers';
  if (others.length > 0)
    return `${[only, ...others].map(({ status, names }) => `${names}: ${status}`).join('; ')}${missing}`;
  return `${silent.length === 0 ? `all ${answers.size} agree` : only.names}: ${only.status}${missing}`;
}

async function askOne({ address, port }: DemoNode): Promise<ApiStatus | undefined> {
  try {
    const { statusCode, body } = await ask({ host: address, port }, '/api/v1/status', ASK_TIMEOUT_MS);
    return statusCode === 200 ? (JSON.parse(body) as ApiStatus) : undefined;
  } catch {
    return undefined;
  }
}
