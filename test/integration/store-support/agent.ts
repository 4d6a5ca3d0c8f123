/**
 * A process that is to its store what the agent is, with a clock that runs many times faster, so that there are many
 * batches in the short time before it is killed. Prints one line for each event that is acknowledged.
 *
 * Arguments: directory, first number, how many times faster.
 */
import { type Clock, systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { createStore } from '../../../agent/store/store.ts';

const [directory = '', first = '1', factor = '20'] = process.argv.slice(2);
const speed = Number(factor);

const fastClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * speed,
  after: (delayMs, action) => systemClock.after(delayMs / speed, action),
  every: (periodMs, action) => systemClock.every(periodMs / speed, action),
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / speed, signal),
};

const store = createStore(
  { directory, maxBytes: 64 * 1024 * 1024 },
  { clock: fastClock, log: createLog('silent', 'n') },
);
store.onStored((events) => {
  for (const { sequence, message } of events) if (sequence > 0) process.stdout.write(`${sequence} ${message}\n`);
});
await store.open();
process.stdout.write(`ready ${process.pid}\n`);
let number = Number(first);
setInterval(() => {
  const at = Date.now();
  store.append([{ kind: 'agent-notice', at, node: 'n', message: `event ${number}` }]);
  store.record(
    Array.from({ length: 20 }, (_, index) => ({
      at,
      key: { node: 'n', check: 'c', reading: `r${index}_count` },
      value: number,
    })),
  );
  number += 1;
}, 5);
