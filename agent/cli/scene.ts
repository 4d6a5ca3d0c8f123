/**
 * `meerkat scene`: the scenes of failures: lists them, shows and exports one from whichever agent has it, and has one kept.
 * Exit code 0 done, 1 refused or not there, 2 the agent could not be asked or cannot tell.
 */
import { AgentError, EXIT_CODES, messageOf } from '../base/errors.ts';
import type { CommandLine, Target } from './lib/arguments.ts';
import { TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { type Answer, ask, messageIn, order, pathOf } from './lib/client.ts';
import { ORDER_EXIT, ORDER_USAGE, giveOrder, withToken } from './lib/orders.ts';
import { print } from './lib/output.ts';
import { askWhereItIs } from './scene/where-it-is.ts';

const USAGE = `Usage: meerkat scene list [--namespace NS] [--pod POD] [--node NODE] [--limit N] [--json] [OPTION…]
       meerkat scene show ID [--json] [OPTION…]
       meerkat scene export ID [-o FILE] [OPTION…]
       meerkat scene capture NAMESPACE/POD [--container NAME] [--json] [OPTION…]

When a container ends otherwise than it should, the agent of its node keeps the scene: how it ended, its last lines
without what looks like a secret, and what the node looked like then. list: all agents tell of their newest. show and
export: whichever agent has it is asked, with the same token, at the address that it has in the mesh of the agent that is
asked first, which is told; export writes a .tar.gz for a ticket. capture: of a pod on the node of the agent that is asked,
now.

  --namespace NS, --pod POD, --node NODE   only those
  --limit N           at most so many, the newest (default 100)
  --container NAME    whose log (default that of the only one, or of the one that wrote last)
  -o, --output FILE   where to write it (default meerkat-scene-ID.tar.gz, here)
${TARGET_USAGE}
All need ${ORDER_USAGE}`;

const SPEC = {
  usage: USAGE,
  options: ['namespace', 'pod', 'node', 'limit', 'container', 'output'],
  short: { o: 'output' },
  maxPositionals: 2,
};
/** Which options an action has. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  list: ['namespace', 'pod', 'node', 'limit'],
  show: [],
  export: ['output'],
  capture: ['container'],
};
/** It waits for the word of the API. */
const CAPTURE_WITHIN_MS = 20_000;

export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const [action = 'list', what] = line.positionals;
  const allowed = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (allowed === undefined) throw mistake(`There is no "meerkat scene ${action}".`, SPEC);
  const strange = SPEC.options.find((name) => line.text[name] !== undefined && !allowed.includes(name));
  if (strange !== undefined) throw mistake(`"meerkat scene ${action}" has no --${strange}.`, SPEC);
  if (action === 'list') {
    if (what !== undefined) throw mistake(`Too many arguments: ${what}.`, SPEC);
    return list(line);
  }
  if (action === 'capture') return capture(line, what);
  if (what === undefined) throw mistake(`Name the scene: meerkat scene ${action} ID.`, SPEC);
  return action === 'show' ? show(line, what) : exportOne(line, what);
}

function list(line: CommandLine): Promise<number> {
  const { namespace, pod, node, limit } = line.text;
  const format = line.json ? 'json' : 'text';
  const path = pathOf('/api/v1/scenes', { namespace, pod, node, limit, format });
  return tell(line, (target) => ask(target, path));
}

function show(line: CommandLine, id: string): Promise<number> {
  return tell(line, (target) => askWhereItIs(target, id, line.json ? 'json' : 'text', ask, say));
}

async function capture({ target, json, text }: CommandLine, what = ''): Promise<number> {
  const [, namespace, pod] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(what) ?? [];
  if (pod === undefined) throw mistake('Name the pod as NAMESPACE/POD.', SPEC);
  const path = pathOf('/api/v1/scenes/capture', { namespace, pod, container: text['container'] });
  return giveOrder(target, json, (one) => order(one, path, CAPTURE_WITHIN_MS));
}

async function exportOne({ target, text }: CommandLine, id: string): Promise<number> {
  const asked = await withToken(target);
  const answers = [];
  for (const format of ['json', 'text'] as const) {
    const answer = await answerOf(() => askWhereItIs(asked, id, format, ask, format === 'json' ? say : () => {}));
    if (typeof answer === 'number') return answer;
    answers.push(answer);
  }
  // Loaded only here.
  const { writeArchive } = await import('./scene/archive.ts');
  const path = text['output'] ?? `meerkat-scene-${id}.tar.gz`;
  await print(await writeArchive(path, id, answers[0]?.body ?? '', answers[1]?.body ?? ''));
  return EXIT_CODES.ok.code;
}

const say = (words: string): void => void process.stderr.write(`${words}\n`);

/** Prints the body of an answer that is 200. */
async function tell({ target, json }: CommandLine, question: (target: Target) => Promise<Answer>): Promise<number> {
  const asked = await withToken(target);
  const answer = await answerOf(() => question(asked));
  if (typeof answer === 'number') return answer;
  await print(json ? `${answer.body}\n` : answer.body);
  return EXIT_CODES.ok.code;
}

/** The exit code where there is none; what is wrong is told. @throws {AgentError} `usage` */
async function answerOf(question: () => Promise<Answer>): Promise<Answer | number> {
  try {
    const answer = await question();
    if (answer.statusCode === 200) return answer;
    process.stderr.write(`${messageIn(answer.body, answer.statusCode)}\n`);
    return answer.statusCode >= 500 || answer.statusCode === 429 ? ORDER_EXIT.unasked : ORDER_EXIT.refused;
  } catch (error) {
    if (!(error instanceof AgentError) || error.exit === 'usage') throw error;
    process.stderr.write(`${messageOf(error)}\n`);
    return ORDER_EXIT.unasked;
  }
}
