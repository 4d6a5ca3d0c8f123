/** A small cluster of real agents on this machine, until the demo is told to stop. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '../../base/clock.ts';
import { EXIT_CODES, messageOf } from '../../base/errors.ts';
import { program } from '../lib/config.ts';
import { adviceFor, formatTimeOfDay } from './advice.ts';
import { type DemoAgents, createDemoAgents, writeDirectories } from './agents.ts';
import { findPorts } from './places.ts';
import { type DemoNode, demoAddresses, planNodes } from './plan.ts';
import { toldToStop } from '../lib/signals.ts';
import { mayReadInput } from './foreground.ts';
import { DIRECTORY_PREFIX, startSweeper, sweep } from './sweeper.ts';
import { agreement, follow, isWhole, untilWhole } from './watch.ts';

export interface DemoOptions {
  /** How many agents. */
  readonly count: number;
  /** Undefined: 7575, or another one when that is taken. */
  readonly portBase: number | undefined;
}

const AGREE_WITHIN_MS = 60_000;

/** @throws {AgentError} `unavailable` when addresses or ports cannot be had, or an agent does not start */
export async function runDemo({ count, portBase }: DemoOptions): Promise<number> {
  const told = toldToStop();
  const ports = await findPorts(demoAddresses(count), portBase);
  if (ports.note !== undefined) say(ports.note);
  const directory = await mkdtemp(join(tmpdir(), DIRECTORY_PREFIX));
  const sweeper = startSweeper(program(), directory);
  const stopped = AbortSignal.any([told, endOf(sweeper)]);
  const demo = createDemo(planNodes(count, ports.base, directory), directory, systemClock, stopped);
  try {
    await demo.run();
  } finally {
    say(`The demo ends${stopped.aborted ? ` (${String(stopped.reason)})` : ''}.`);
    await demo.agents.stop();
    await sweep(directory);
    sweeper.stdin?.end();
  }
  return EXIT_CODES.ok.code;
}

interface Demo {
  readonly agents: DemoAgents;
  /** Until the demo is stopped. */
  run(): Promise<void>;
}

function createDemo(nodes: readonly DemoNode[], directory: string, clock: Clock, stopped: AbortSignal): Demo {
  const tell = (line: string): void => say(`${formatTimeOfDay(clock.now())}  ${line}`);
  const agents = createDemoAgents(
    {
      program: program(),
      onEnd: (node, pid, how) =>
        tell(`${node.name} (pid ${pid}) ended: ${how}. Enter starts it again, or: ${agents.commandFor(node)}`),
    },
    { clock },
  );
  const startAll = async (): Promise<void> => {
    say(`Starting ${nodes.length} agents, one after the other…`);
    for (const [index, node] of nodes.entries()) {
      if (stopped.aborted) return;
      await agents.start(node);
      say(`  ${node.name} is up (${index + 1} of ${nodes.length})`);
    }
  };
  const restart = async (): Promise<void> => {
    for (const node of nodes.filter((one) => agents.pidOf(one) === undefined)) {
      await agents.start(node).then(
        () => tell(`${node.name} runs again, pid ${agents.pidOf(node) ?? '-'}`),
        (error: unknown) => tell(messageOf(error)),
      );
    }
  };
  return {
    agents,
    async run() {
      await writeDirectories(nodes);
      await unlessStopped(startAll(), stopped);
      if (stopped.aborted) return;
      say('  all are up; they get to know each other…');
      const answers = await untilWhole(nodes, AGREE_WITHIN_MS, clock, stopped);
      if (stopped.aborted) return;
      say(`  ${isWhole(answers) ? '' : 'not all know of each other yet; '}${agreement(answers).text}\n`);
      say(adviceFor(nodes, (node) => agents.pidOf(node), agents.meerkat, directory));
      onEnter(() => void restart(), stopped);
      await follow(nodes, answers, tell, clock, stopped);
    },
  };
}

/** Leaves an agent that is starting where it is when the demo is stopped meanwhile. */
function unlessStopped(work: Promise<void>, stopped: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    stopped.addEventListener('abort', () => resolve(), { once: true });
  });
  work.catch(() => {});
  return stopped.aborted ? Promise.resolve() : Promise.race([work, aborted]);
}

/** Without its sweeper a demo would leave something behind when it is killed: then it had rather end now. */
function endOf(sweeper: ChildProcess): AbortSignal {
  const controller = new AbortController();
  sweeper.once('exit', () => controller.abort('the process that tidies up ended'));
  sweeper.once('error', (error) => controller.abort(`the process that tidies up cannot be started: ${error.message}`));
  return controller.signal;
}

function onEnter(action: () => void, stopped: AbortSignal): void {
  if (!mayReadInput()) return;
  const lines = createInterface({ input: process.stdin });
  lines.on('line', action);
  stopped.addEventListener('abort', () => lines.close(), { once: true });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
