import { stripVTControlCharacters } from 'node:util';
import { Type } from 'typebox';
import { seconds } from './lib/figures.ts';
import { PROBE_READINGS, createProbesState, lookByProbes } from './lib/probes/look.ts';
import type { Answer } from './lib/probes/memory.ts';
import { probeConfig, probeMistakes } from './lib/probes/settings.ts';
import { type CheckContext, type SettingMistake, defineCheck } from './types.ts';

const REASONS = { warning: 'ExecProbeFailed', critical: 'CriticalExecProbeFailed' } as const;
const REMEDY =
  'What the program said stands in the message. Run it as the agent does: `env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ NODE_NAME=NODE COMMAND; echo $?` in `/`, where the agent runs. Which it is stands in `checks.exec.probes` of the configuration.';
const MOST_CHARACTERS = 200;
/** Programs take what they like of the node's processors. As many as node-problem-detector runs at a time (`concurrency`). */
const AT_A_TIME = 3;

export const exec = defineCheck({
  id: 'exec',
  title: 'Programs as probes',
  description: [
    'Your own programs, by the protocol of node-problem-detector’s plugins: exit code 0 is well, 1 is a problem, anything',
    'else, a program that is killed, does not end in time or cannot be started is unknown. The first line that it writes is',
    'the message. The agent runs it as its own user, in `/`, without a shell and without input, with PATH, HOME, LANG and',
    'NODE_NAME as its whole environment; at the deadline, and when it has ended, what is left of its process group is killed.',
    `${AT_A_TIME} programs run at a time, and the others wait. Waiting is not counted: a program has its whole time from its start,`,
    'and one for which a run has none left stands as it stood and comes first in the next run: with more than three that',
    'take seconds each, what one finds is told so many runs later.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 8000,
  windowMs: 20_000,
  runsOn: 'nodes with such probes in their configuration',
  config: probeConfig(
    {
      command: Type.Array(Type.String({ maxLength: 4096 }), {
        minItems: 1,
        maxItems: 64,
        expects: 'a list of 1 to 64 texts: an absolute path and arguments',
        description: 'The program by its absolute path where the agent finds it, and its arguments as they are.',
      }),
    },
    { timeoutSeconds: 5, initialDelaySeconds: 0 },
    `${AT_A_TIME} of a run are made at a time, and those that a run has no time for come first in the next`,
  ),
  mistakes: (settings) => probeMistakes('exec', settings, mistakesOf),
  reasons: {
    ExecProbeFailed: {
      severity: 'warning',
      summary: 'A program of the configuration reports a problem.',
      remedy: REMEDY,
    },
    CriticalExecProbeFailed: {
      severity: 'critical',
      summary: 'A program of the configuration that is critical for the node reports a problem.',
      remedy: REMEDY,
    },
  },
  readings: PROBE_READINGS,
  needs: [
    'A list of probes in `checks.exec.probes`; without one the check is absent.',
    'In a container: the programs, and what runs them, mounted there; of a ConfigMap with `defaultMode: 0755`. Without, the probe is unknown.',
    'In a container: an init as process 1, as the image has, where programs leave others behind, as a script does that is killed at its deadline. The agent as process 1 cannot clear them away; with a hundred of them every probe is unknown.',
  ],
  looksThrough: 'program',
  createState: createProbesState,
  run: (context) =>
    lookByProbes(context, {
      check: 'exec',
      reasons: REASONS,
      ask: (probe) => ask(probe, context),
      concurrency: AT_A_TIME,
    }),
});

interface Target {
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

function mistakesOf({ command }: Target): SettingMistake[] {
  const mistakes: SettingMistake[] = [];
  const [path = ''] = command;
  if (!path.startsWith('/')) {
    const message = `given ${JSON.stringify(path)}, allowed: an absolute path; nothing is looked for in PATH.`;
    mistakes.push({ at: 'command[0]', message });
  }
  const broken = command.findIndex((one) => one.includes('\0'));
  if (broken >= 0)
    mistakes.push({ at: `command[${broken}]`, message: 'has a character NUL, which no argument may have.' });
  return mistakes;
}

async function ask(
  { command, timeoutSeconds }: Target,
  { runProgram }: Pick<CheckContext, 'runProgram'>,
): Promise<Answer> {
  const result = await runProgram({ command, timeoutMs: Math.ceil(timeoutSeconds * 1000) });
  const { durationMs } = result;
  const said = firstLine(result.stdout) ?? firstLine(result.stderr);
  if (result.kind === 'failure') {
    const message = said === undefined ? result.why : `${result.why}; it said: ${said}`;
    return { verdict: 'unknown', message };
  }
  const { exitCode } = result;
  if (exitCode === 0) return { verdict: 'success', message: said ?? 'it said nothing', durationMs };
  const how = `exit code ${exitCode} after ${seconds(durationMs)}`;
  const verdict = exitCode === 1 ? 'failure' : 'unknown';
  return {
    verdict,
    message: said === undefined ? `${command[0]} said nothing, ${how}` : `${said} (${how})`,
    durationMs,
  };
}

/** The first line with anything on it, made harmless. */
function firstLine(text: string): string | undefined {
  const lines = stripVTControlCharacters(text).split(/[\r\n]+/);
  const clean = lines.map((line) => line.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').trim()).find((line) => line !== '');
  if (clean === undefined) return undefined;
  return clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS - 1)}…` : clean;
}
