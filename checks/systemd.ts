import { Type } from 'typebox';
import { type Condition, createCondition } from './lib/condition.ts';
import { enumerate, enumerateFirst } from './lib/figures.ts';
import { explainFailure } from './lib/procfs.ts';
import { isMissing } from './lib/system-error.ts';
import { type Processes, processesOf } from './lib/systemd/processes.ts';
import { type UnitFile, readUnitFile } from './lib/systemd/unit-file.ts';
import { SERVICE_NAME } from './lib/systemd/unit-name.ts';
import { type HostFiles, type Problem, absent, defineCheck, outcomeOf, unknown } from './types.ts';

/** Systemd tells by a link for each unit that is neither inactive nor failed; from version 236 on. */
const UNITS = '/run/systemd/units';
/** A restart takes a moment, an update of the package some seconds. */
const STOPPED_MS = 30_000;
/** What it starts first may take its time. */
const WITHOUT_PROCESS_MS = 60_000;
const MAX_UNITS = 16;
const NAMED = 3;

/**
 * How a unit is: `stopped`, `left`: stopped, and some of its processes were left alone; `starting`: it has none yet.
 * `missing`: this node has none of the name; `over`: a oneshot that was, or was not yet. Of neither is there anything to see.
 */
type UnitState =
  | { readonly kind: 'running' | 'missing' | 'over' }
  | { readonly kind: 'stopped' | 'left' | 'starting' }
  | { readonly kind: 'unknown'; readonly why: string };

export const systemd = defineCheck({
  id: 'systemd',
  title: 'Services of systemd',
  description: [
    'Whether the services that are named in `units` run: systemd keeps a link in /run/systemd/units for each unit that is',
    'neither inactive nor failed, and a control group with its processes. Nothing is asked of systemd itself. A service that',
    'stops is told after half a minute, so that a restart is not. Of a service of `Type=oneshot`, or with `RemainAfterExit`, only',
    'can be told that it is active: once it is over, a good end and a failure look the same, so that nothing is told of it and',
    'it is counted in `over_count`. A unit that the node does not have is counted in `missing_count`. Where nothing else is named',
    'the check is absent. It is unknown where the name is an alias: name the unit itself.',
  ].join(' '),
  intervalMs: 15_000,
  timeoutMs: 3000,
  isOffByDefault: true,
  runsOn: 'nodes with systemd',
  config: Type.Object(
    {
      units: Type.Array(
        Type.String({
          pattern: SERVICE_NAME,
          maxLength: 255,
          expects: 'the name of a service, an instance for a template: containerd.service, wg-quick@wg0.service',
        }),
        {
          default: [],
          maxItems: MAX_UNITS,
          description: 'The services that must run on every node that this configuration is for.',
        },
      ),
    },
    { additionalProperties: false },
  ),
  reasons: {
    UnitNotRunning: {
      severity: 'warning',
      summary: 'A service that must run does not.',
      remedy:
        'Look why with `systemctl status UNIT` and `journalctl -u UNIT -n 100`, then `systemctl restart UNIT`; where it is not to run here, take it out of checks.systemd.units.',
      windowMs: WITHOUT_PROCESS_MS,
    },
  },
  readings: {
    running_count: { title: 'Named services that run' },
    over_count: { title: 'Named services that are over, well or not (oneshot)' },
    missing_count: { title: 'Named services that this node does not have' },
  },
  needs: [
    '/run/systemd, /etc/systemd/system, /usr/lib/systemd/system and /sys/fs/cgroup of the host; without the first the check is unknown, and without the others where a service does not run.',
  ],
  createState: () => new Map<string, Condition>(),
  run: async ({ host, config, state, clock }) => {
    if (config.units.length === 0) return absent('no unit is named in checks.systemd.units');
    const active = await readActive(host);
    if ('why' in active) return unknown(active.why);
    const problems: Problem<'UnitNotRunning'>[] = [];
    const unseen: string[] = [];
    const units = [...new Set(config.units)];
    const named: Record<'running' | 'over' | 'missing', string[]> = { running: [], over: [], missing: [] };
    for (const unit of units) {
      const seen = await look(host, unit, active.units?.has(unit));
      if (seen.kind === 'running' || seen.kind === 'over' || seen.kind === 'missing') named[seen.kind].push(unit);
      if (seen.kind === 'unknown') unseen.push(seen.why);
      const message = messageOf(unit, seen, conditionOf(state, unit), clock.monotonic());
      if (message !== undefined) problems.push({ reason: 'UnitNotRunning', subject: unit, message });
    }
    if (named.over.length + named.missing.length === units.length) return absent(whyAbsent(named));
    const readings = Object.entries(named).map(([how, { length }]) => ({ name: `${how}_count`, value: length }));
    if (problems.length > 0 || unseen.length === 0) return outcomeOf(problems, readings);
    const more = unseen.length > NAMED ? [`${unseen.length - NAMED} more`] : [];
    return unknown(`could not tell: ${enumerate([...unseen.slice(0, NAMED), ...more])}`, readings);
  },
});

/** It is no answer that all is well: a oneshot may have failed, and a name may be misspelt. */
const whyAbsent = ({
  over,
  missing,
}: {
  readonly over: readonly string[];
  readonly missing: readonly string[];
}): string =>
  [
    ...(missing.length === 0 ? [] : [`there is no unit ${enumerateFirst(missing)} on this node`]),
    ...(over.length === 0
      ? []
      : [`${enumerateFirst(over)} ${over.length === 1 ? 'is' : 'are'} over (oneshot), well or not`]),
  ].join('; ');

/** `units` undefined: this systemd keeps no links. */
async function readActive(
  host: HostFiles,
): Promise<{ readonly units: ReadonlySet<string> | undefined } | { readonly why: string }> {
  try {
    if (!(await host.exists('/run/systemd/system')))
      return { why: 'there is no /run/systemd/system: systemd does not run here, or the host’s /run is not mounted' };
    const names = await host.list(UNITS);
    return { units: new Set(names.flatMap((name) => /^invocation:(.+)$/.exec(name)?.[1] ?? [])) };
  } catch (error) {
    return isMissing(error) ? { units: undefined } : { why: explainFailure(error, UNITS) };
  }
}

/** @param isActive as systemd says; undefined: it does not */
async function look(host: HostFiles, unit: string, isActive: boolean | undefined): Promise<UnitState> {
  try {
    const processes = await processesOf(host, unit);
    if (isActive === true && processes !== 'none') return { kind: 'running' };
    if (isActive === undefined && processes === 'some') return { kind: 'running' };
    if (isActive === undefined && processes === 'unknown')
      return { kind: 'unknown', why: `whether ${unit} runs is not to be seen from here` };
    return judge(unit, await readUnitFile(host, unit), isActive === true, processes);
  } catch (error) {
    return { kind: 'unknown', why: explainFailure(error, `what there is of ${unit}`) };
  }
}

/** Of a unit that does not run, or has no process. */
function judge(unit: string, file: UnitFile, isActive: boolean, processes: Processes): UnitState {
  if (isActive) return file.kind === 'file' && !file.isOneshot ? { kind: 'starting' } : { kind: 'running' };
  if (file.kind === 'none') return { kind: 'missing' };
  if (file.kind === 'unseen')
    return { kind: 'unknown', why: `${unit} does not run, and whether it belongs here is not to be seen` };
  if (file.isAlias) return { kind: 'unknown', why: `${unit} is an alias: name the unit itself` };
  if (file.isOneshot) return { kind: 'over' };
  return { kind: processes === 'some' ? 'left' : 'stopped' };
}

function conditionOf(state: Map<string, Condition>, unit: string): Condition {
  const known = state.get(unit) ?? createCondition();
  state.set(unit, known);
  return known;
}

/** What there is to say of it, once that has lasted. */
function messageOf(unit: string, { kind }: UnitState, condition: Condition, now: number): string | undefined {
  if (kind === 'unknown') return undefined;
  if (kind === 'running' || kind === 'missing' || kind === 'over') {
    condition.noteWell();
    return undefined;
  }
  const lastedMs = condition.noteBad(now);
  if (kind === 'starting')
    return lastedMs < WITHOUT_PROCESS_MS
      ? undefined
      : `${unit} was started and has no process: it hangs before, or ends again and again.`;
  if (lastedMs < STOPPED_MS) return undefined;
  return kind === 'left'
    ? `${unit} does not run: it was stopped or has failed, and has left processes behind.`
    : `${unit} does not run: it was stopped, has failed, or was never started.`;
}
