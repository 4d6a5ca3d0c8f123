/** Transports in memory, on a clock that the tests move. */
import { createMemoryNetwork } from '../../../agent/mesh/transport/memory/network.ts';
import { createMemoryTransport } from '../../../agent/mesh/transport/memory/transport.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { type Harness, TOPIC } from './harness.ts';

const STEP_MS = 10;
const STEPS = 2000;

export async function memoryHarness(): Promise<Harness> {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 2 });
  let count = 0;
  const until: Harness['until'] = async (condition, what) => {
    for (let step = 0; step < STEPS; step += 1) {
      if (condition()) return;
      await clock.advance(STEP_MS);
    }
    throw new Error(`never: ${what}`);
  };
  return {
    clock,
    async make({ key = 'key', keys = [key] } = {}) {
      count += 1;
      const options = { peerId: `peer-${count}`, listen: [`10.0.0.${count}:7576`], keys, topics: [TOPIC] };
      const transport = createMemoryTransport(options, network);
      await transport.start();
      return transport;
    },
    async run(promise) {
      let settled = false;
      const done = promise.finally(() => (settled = true));
      done.catch(() => {});
      await until(() => settled, 'the promise settles');
      return done;
    },
    until,
    pass: (durationMs) => clock.advance(durationMs),
    stop: () => Promise.resolve(),
  };
}
