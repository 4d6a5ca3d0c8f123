/**
 * Reads the Events of a real API as the one agent that does so for all: `API-SERVER CA-FILE TOKEN-FILE`. Writes a line of JSON for
 * each thing that it is told: of each Event its name, the last part of its message, and how often it happened.
 */
import { argv, stdout } from 'node:process';
import { pino } from 'pino';
import { systemClock } from '../../../../agent/base/clock.ts';
import { createKube } from '../../../../agent/kube/kube.ts';

const [apiServer = '', caFile = '', tokenFile = ''] = argv.slice(2);
const say = (what: object): void => void stdout.write(`${JSON.stringify(what)}\n`);

const kube = createKube(
  {
    node: 'm1',
    apiServers: [apiServer],
    caFile,
    tokenFile,
    keySecret: '',
    namespaceFile: '',
    podNamespaces: [],
    isNodeWatched: false,
  },
  {
    clock: systemClock,
    log: pino({ level: 'silent' }),
    random: Math.random,
    mesh: {
      members: () => [],
      rosters: () => [],
      withNode: () => [],
      tell: () => {},
      forget: () => ({ kind: 'not-settled' }),
      contested: () => [],
      suggest: () => {},
    },
    machineId: async () => undefined,
    notice: (notice) => say({ notice }),
    onChange: () => {},
  },
);
let wasComplete: boolean | undefined;
const reader = kube.readEvents({
  onEvents: (events, how) =>
    say({ how, events: events.map(({ message, count }) => [message.split(' ').at(-1), count] as const) }),
  onListed: () => say({ listed: true }),
  onChange() {
    const { completeSinceMs, why } = reader.state();
    const isComplete = completeSinceMs !== undefined;
    if (isComplete !== wasComplete) say({ isComplete, ...(why !== undefined && { why }) });
    wasComplete = isComplete;
  },
});
say({ started: true });
