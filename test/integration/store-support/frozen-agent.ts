/**
 * A process that is to its store what the agent is, told what to do on standard input, one word a line: `event` appends
 * one, `close` closes the store within a second. Says every state of the store and how it closed, and then simply ends:
 * nothing but the store could hold it.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { createStore } from '../../../agent/store/store.ts';

const [directory = ''] = process.argv.slice(2);
const store = createStore(
  { directory, maxBytes: 8 * 1024 * 1024 },
  { clock: systemClock, log: createLog('silent', 'n') },
);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
store.onHealth(({ state }) => say(state));
store.onStored((events) => {
  for (const { sequence } of events) if (sequence > 0) say(`stored ${sequence}`);
});
await store.open();
const commands = createInterface({ input: process.stdin });
for await (const command of commands) {
  if (command === 'event') store.append([{ kind: 'agent-notice', at: Date.now(), node: 'n', message: 'told to' }]);
  if (command === 'close') break;
}
commands.close();
process.stdin.destroy();
say(await store.close(1000));
