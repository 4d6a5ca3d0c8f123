#!/usr/bin/env node
/** argv → command; nothing else. Every command is loaded only when it is asked for. */
import { AgentError, EXIT_CODES } from './base/errors.ts';

type Run = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<{ run: Run }> }>> = {
  agent: { summary: 'Run the agent on this node.', load: () => import('./cli/agent.ts') },
  status: { summary: 'What is broken, since when and why.', load: () => import('./cli/status.ts') },
  nodes: { summary: 'The nodes, or everything about one: nodes [NODE].', load: () => import('./cli/nodes.ts') },
  members: { summary: 'Who is there, and what the agents say of each other.', load: () => import('./cli/members.ts') },
  matrix: { summary: 'What each node sees of the others.', load: () => import('./cli/matrix.ts') },
  history: { summary: 'A reading over time: history [NODE] CHECK [READING].', load: () => import('./cli/history.ts') },
  timeline: { summary: 'What changed, where and when.', load: () => import('./cli/timeline.ts') },
  events: { summary: 'What the Kubernetes API tells of its objects.', load: () => import('./cli/events.ts') },
  alerts: {
    summary: 'What fires by the rules. Exit code 0 nothing, 1 something, 2 unknown.',
    load: () => import('./cli/alerts.ts'),
  },
  rules: {
    summary: 'The rules on events, logs and checks, and what is wrong with their file: rules [test FILE].',
    load: () => import('./cli/rules.ts'),
  },
  check: {
    summary: 'Run checks on this machine now, without an agent: check [ID…].',
    load: () => import('./cli/check.ts'),
  },
  health: { summary: 'Exit code for scripts: 0 healthy, 1 problem, 2 unknown.', load: () => import('./cli/health.ts') },
  liveness: {
    summary: 'Whether containers are to be restarted, by their logs: liveness NAMESPACE/WORKLOAD.',
    load: () => import('./cli/liveness.ts'),
  },
  signals: {
    summary: 'What alert managers and scripts say of workloads.',
    load: () => import('./cli/signals.ts'),
  },
  forget: {
    summary: 'Removes a member that does not come back: forget NODE.',
    load: () => import('./cli/forget.ts'),
  },
  maintenance: {
    summary: 'Somebody works on a node: maintenance [NODE --for TIME].',
    load: () => import('./cli/maintenance.ts'),
  },
  notify: {
    summary: 'Whether a receiver of notifications can be told: notify test RECEIVER.',
    load: () => import('./cli/notify.ts'),
  },
  silence: {
    summary: 'Says of what nobody wants to hear: silence add|list|end.',
    load: () => import('./cli/silence.ts'),
  },
  notifications: {
    summary: 'Who is told of what is wrong, and what was told.',
    load: () => import('./cli/notifications.ts'),
  },
  scene: {
    summary: 'What there was to say when a container ended: scene list | show ID.',
    load: () => import('./cli/scene.ts'),
  },
  bundle: {
    summary: 'One archive for a ticket: what the agents know and knew, without secrets.',
    load: () => import('./cli/bundle.ts'),
  },
  key: { summary: 'The key that lets agents talk to each other.', load: () => import('./cli/key.ts') },
  demo: { summary: 'A small cluster on this machine, to try things.', load: () => import('./cli/demo.ts') },
  'runtime-probe': {
    summary: 'The way to the container runtime, beside the agent.',
    load: () => import('./cli/runtime-probe.ts'),
  },
  overlay: { summary: 'The overlay responder, a pod on every node.', load: () => import('./cli/overlay.ts') },
  version: { summary: 'The version.', load: () => import('./cli/version.ts') },
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return name === undefined ? EXIT_CODES.usage.code : EXIT_CODES.ok.code;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new AgentError('usage', `There is no command "${name}".\n\n${usage()}`);
  const { run } = await command.load();
  return run(args);
}

function usage(): string {
  const names = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`);
  return ['Usage: meerkat COMMAND [OPTION…]', '', ...names, '', 'meerkat COMMAND --help says more.', ''].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof AgentError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = EXIT_CODES[error instanceof AgentError ? error.exit : 'internal'].code;
}
