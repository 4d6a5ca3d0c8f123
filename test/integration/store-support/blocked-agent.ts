/**
 * A process that has a store and then does what a defective check does.
 *
 * Arguments: directory; `spin` and `wait` never give control back, `idle` does nothing wrong.
 */
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { createStore } from '../../../agent/store/store.ts';

const [directory = '', what = 'idle'] = process.argv.slice(2);
const store = createStore(
  { directory, maxBytes: 64 * 1024 * 1024 },
  { clock: systemClock, log: createLog('silent', 'n') },
);
await store.open();
setInterval(() => {}, 1000);
setTimeout(() => {
  process.stdout.write('ready\n', () => {
    if (what === 'idle') return;
    store.mark('kubelet');
    store.mark('a-check-that-blocks');
    if (what === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    for (;;);
  });
}, 1500);
