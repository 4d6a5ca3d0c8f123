/** The node's own time series and event log, in a process of its own. */
import { fileURLToPath } from 'node:url';
import { type StoreCommand, createLink } from './link.ts';
import type { Store, StoreDeps, StoreOptions } from './port.ts';
import { createProcessStore } from './process-store.ts';

export type { Store, StoreDeps, StoreMemory, StoreOptions } from './port.ts';

const DEFAULT_EVENT_DAYS = 30;
/** A small young generation and a bounded old one: the process needs a few MiB. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64'];

/**
 * Series are answered by the database only. The timeline is answered from memory whenever the newest 500 events are all
 * that it asks for, so it goes on while the disk is away; otherwise it is `unavailable` then, never half an answer.
 */
export function createStore(options: StoreOptions, deps: StoreDeps): Store {
  const { directory, maxBytes, eventDays = DEFAULT_EVENT_DAYS, scenes, clusterEvents } = options;
  const { command = defaultCommand() } = options;
  return createProcessStore(
    {
      process: {
        directory,
        maxBytes,
        eventDays,
        ...(scenes !== undefined && { scenes }),
        ...(clusterEvents !== undefined && { clusterEvents }),
      },
      command,
    },
    { clock: deps.clock, log: deps.log, createLink: deps.createLink ?? createLink },
  );
}

/**
 * The bundle has the process as a file of its own beside it. There it runs without a compiler, which saves 11 MiB and
 * costs nothing that matters: 100,000 samples a second instead of 140,000. Running from source needs the compiler.
 */
function defaultCommand(): StoreCommand {
  const isSource = import.meta.url.endsWith('.ts');
  const file = isSource ? './child.ts' : './store-process.js';
  const execArgv = isSource ? NODE_FLAGS : [...NODE_FLAGS, '--jitless'];
  return { modulePath: fileURLToPath(new URL(file, import.meta.url)), execArgv };
}
