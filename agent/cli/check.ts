/** `meerkat check [ID…]`: runs checks on this machine now, without an agent. */
import { CHECKS } from '../../checks/registry.ts';
import { parseArgs } from 'node:util';
import type { CheckContext, Outcome } from '../../checks/types.ts';
import { systemClock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { createCpuWaits } from '../base/cpu-wait.ts';
import { EXIT_CODES, messageOf } from '../base/errors.ts';
import { endProcess } from '../base/exit.ts';
import { createLog } from '../base/log.ts';
import { formatDuration } from '../model/text.ts';
import { createContext } from '../runner/context.ts';
import type { ConfiguredCheck } from '../runner/entry.ts';
import { type Execution, execute } from '../runner/execute.ts';
import { resolvePresence } from '../runner/presence.ts';
import { type KubePorts, NO_OVERLAY, type World, configureChecks, createWorld, hasKubernetes } from '../world.ts';
import { mistake } from './lib/arguments.ts';
import { configFrom, program } from './lib/config.ts';
import { measureDisk } from './lib/disk-samples.ts';

const USAGE = `Usage: meerkat check [ID…] [--json] [--config FILE]

Runs the checks once on this machine, without an agent, and prints what each found. Without an ID all of them run.
Exit codes: 0 no problem was found, 1 a problem was found, 2 none was found but a check could not look.
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return EXIT_CODES.ok.code;
  }
  const config = configFrom(values.config === undefined ? [] : ['--config', values.config]);
  const checks = select(configureChecks(config), positionals);
  const disk = await measureDisk(config.dataDirectory, systemClock);
  const world = createWorld(config, {
    clock: systemClock,
    log: createLog('error', config.node.name),
    program: program(),
    disk: () => disk,
    kube: () => (hasKubernetes(config) ? kubeWithoutAgent(config) : undefined),
    overlay: () => NO_OVERLAY,
    edges: () => ({ kind: 'none', why: 'only an agent that runs probes others' }),
  });
  if (checks.some(({ check }) => check.id === 'logs')) await firstLook(world);
  const cpuWaits = createCpuWaits(systemClock);
  const runs: Run[] = [];
  for (const configured of checks) {
    const { check, config: settings, timeoutMs } = configured;
    const look = async (signal: AbortSignal): Promise<Outcome> => {
      const context = createContext(
        { ...world, isOnly: true },
        { config: settings, state: check.createState?.(), signal, timeoutMs },
        () => {},
      );
      const outcome = await check.run(context as CheckContext<never, never>);
      return resolvePresence(check, settings, outcome, context.host, {
        configured: configured.expected,
        memoryKnown: true,
      });
    };
    const execution = await execute(look, timeoutMs, { clock: systemClock, cpuWaits });
    runs.push({ check: check.id, execution });
    if (values.json !== true) process.stdout.write(render(configured, execution));
  }
  world.close();
  if (values.json === true) process.stdout.write(`${JSON.stringify(runs.map(toJson), null, 2)}\n`);
  return endProcess(exitCode(runs));
}

const FIRST_LOOK_MS = 3000;
const LOOK_AGAIN_MS = 50;

/** Logs are read by a thread that has just been started. */
async function firstLook({ logs }: Pick<World, 'logs'>): Promise<void> {
  for (let waitedMs = 0; waitedMs < FIRST_LOOK_MS && logs().kind === 'unknown'; waitedMs += LOOK_AGAIN_MS)
    await systemClock.sleep(LOOK_AGAIN_MS);
}

const kubeWithoutAgent = ({ kubernetes }: Config): KubePorts => ({
  pods: () => ({ kind: 'unknown', why: 'only an agent that runs follows this node’s pods' }),
  nodeObject: () => ({ kind: 'unknown', why: 'only an agent that runs follows this node’s Node' }),
  apiServers: () => kubernetes.apiServers,
});

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw mistake(messageOf(error), { usage: USAGE });
  }
}

interface Run {
  readonly check: string;
  readonly execution: Execution;
}

function select(checks: readonly ConfiguredCheck[], ids: readonly string[]): readonly ConfiguredCheck[] {
  if (ids.length === 0) return checks;
  const known = checks.map(({ check }) => check.id);
  const wrong = ids.filter((id) => !known.includes(id));
  if (wrong.length > 0) {
    throw mistake(`There is no check ${wrong.join(', ')} that is enabled. There are: ${known.join(', ')}.`, {
      usage: USAGE,
    });
  }
  return checks.filter(({ check }) => ids.includes(check.id));
}

function render({ check }: ConfiguredCheck, { outcome, durationMs }: Execution): string {
  const head = `${outcome.status.padEnd(8)}${check.id.padEnd(18)}${formatDuration(durationMs)}\n`;
  const lines: string[] = [];
  if (outcome.status === 'problem') {
    for (const { reason, subject, message } of outcome.problems) {
      lines.push(`${reason}${subject === undefined ? '' : ` ${subject}`}: ${message}`);
      lines.push(`next: ${check.reasons[reason]?.remedy ?? 'see docs/checks.md'}`);
    }
  } else if ('why' in outcome) {
    lines.push(outcome.why);
  }
  const readings = 'readings' in outcome ? (outcome.readings ?? []) : [];
  for (const { name, subject, value } of readings) {
    lines.push(`${name}${subject === undefined ? '' : `{${subject}}`} ${Number(value.toPrecision(6))}`);
  }
  return head + lines.map((line) => `        ${line}\n`).join('');
}

const toJson = ({ check, execution }: Run): unknown => ({
  check,
  ...execution.outcome,
  durationSeconds: execution.durationMs / 1000,
});

/** What is only told is no fault. */
function counts({ check, execution: { outcome } }: Run): boolean {
  const { reasons = {} } = CHECKS.find(({ id }) => id === check) ?? {};
  return outcome.status === 'problem' && outcome.problems.some(({ reason }) => reasons[reason]?.severity !== 'info');
}

/** As `meerkat health`: a problem that was seen outweighs a check that could not look. */
function exitCode(runs: readonly Run[]): number {
  const statuses = runs.map(({ execution }) => execution.outcome.status);
  if (runs.some(counts)) return 1;
  return statuses.includes('unknown') ? 2 : 0;
}
