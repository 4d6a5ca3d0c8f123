/**
 * A probing agent as a process of its own, with a TCP listener that speaks the first line of multistream-select. Gets its
 * own place and those of its targets as JSON; takes commands as messages, answers with messages.
 */
import { createServer } from 'node:net';
import { type Place, startTestAgent, targetAt } from './agents.ts';

export interface ChildReport {
  readonly missed: number;
  readonly answered: number;
  readonly aways: number;
  /** CPU time of the process since its start, ms. */
  readonly cpuMs: number;
  readonly counters: Readonly<Record<string, number>>;
}

export type ChildCommand = { readonly command: 'report' } | { readonly command: 'block'; readonly forMs: number };

const [own, targets, paceMs] = JSON.parse(process.argv[2] ?? '[]') as [Place, Place[], number];
const agent = await startTestAgent(own);
agent.probes.setPlan(targets.map((target) => targetAt(target, paceMs)));

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (chunk) => socket.write(chunk));
});
server.listen(own.port, own.host, () => process.send?.('ready'));

/** Right after the next ping, so that its answer comes while nobody can read it. */
function blockAfterPing(forMs: number, pings = agent.probes.counters().pingsSent): void {
  if (agent.probes.counters().pingsSent === pings) {
    setImmediate(() => blockAfterPing(forMs, pings));
    return;
  }
  const until = performance.now() + forMs;
  while (performance.now() < until);
  process.send?.('blocked');
}

process.on('message', (message: ChildCommand) => {
  if (message.command === 'block') {
    blockAfterPing(message.forMs);
    return;
  }
  const { user, system } = process.cpuUsage();
  const report: ChildReport = {
    missed: agent.seen.filter(({ kind }) => kind === 'missed').length,
    answered: agent.seen.filter(({ kind }) => kind === 'answered').length,
    aways: agent.aways.length,
    cpuMs: (user + system) / 1000,
    counters: { ...agent.probes.counters() },
  };
  process.send?.(report);
});
process.on('disconnect', () => process.exit(0));
