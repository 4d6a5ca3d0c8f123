/**
 * The store process. A process and not a thread, because a thread that waits for a dead disk keeps its whole process
 * from ending, and a crash in native code would take the agent with it. The agent starts it with a channel for messages
 * at descriptor 3 and the mark file at 4, see `link.ts`.
 */
import { systemClock } from '../base/clock.ts';
import { writeBlocked } from './blocked-file.ts';
import { createCommands } from './commands.ts';
import { MARK_DESCRIPTOR, readMark } from './mark.ts';
import type { FromProcess, ToProcess } from './messages.ts';
import { readProcessState } from './process-state.ts';
import { createWatchdog } from './watchdog.ts';

const agent = process.ppid;
/** When the agent is gone its number may belong to another process. */
const isAgentThere = (): boolean => process.ppid === agent;

process.umask(0o077);
// The agent decides when its store ends, also when a terminal or a service manager signals the whole group.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

const watchdog = createWatchdog({
  clock: systemClock,
  agent: () => (isAgentThere() ? readProcessState(agent) : undefined),
  signal: (name) => {
    if (isAgentThere()) process.kill(agent, name);
  },
  record: async () => {
    const directory = commands.directory();
    if (directory === undefined) return;
    await writeBlocked(directory, { check: readMark(MARK_DESCRIPTOR), at: systemClock.now() });
  },
});

const commands = createCommands({
  clock: systemClock,
  send: (message: FromProcess) => {
    // An agent that is gone cannot be told; the channel's end is handled below.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  },
  heard: () => watchdog.heard(),
  end: () => {
    watchdog.stop();
    process.exit(0);
  },
});

process.on('message', (message: ToProcess) => {
  // Any message is a sign of life; the first one comes before the agent has looked at anything.
  watchdog.heard();
  commands.handle(message);
});
process.on('disconnect', () => {
  commands.close();
  process.exit(0);
});
