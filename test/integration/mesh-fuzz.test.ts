/** Broken messages over all decoders of the mesh, as a member that holds the key could send them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../lib/random.ts';
import { createVictims } from './mesh-fuzz-support/victims.ts';

const MESSAGES = process.env['MEERKAT_LONG'] === undefined ? 50_000 : 1_000_000;
const SEED = Number(process.env['MEERKAT_SEED'] ?? 20_261_121);
const MIB = 1024 * 1024;
/** Of the record book, which takes in what is signed well, and of code. */
const MAX_GROWTH_MIB = 16;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heldMiB(): Promise<number> {
  // What zlib holds is given back a turn later.
  for (let turn = 0; turn < 3; turn += 1) {
    collectGarbage();
    await sleep(10);
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

describe(`${MESSAGES} broken messages (seed ${SEED})`, () => {
  it('are refused or understood, nothing is thrown and nothing is kept', { timeout: 600_000 }, async () => {
    const victims = createVictims();
    const before = await heldMiB();
    const share = Math.ceil(MESSAGES / victims.length);
    for (const [index, { name, next, decode }] of victims.entries()) {
      const random = createRandom(SEED + index);
      let accepted = 0;
      let worstMs = 0;
      for (let round = 0; round < share; round += 1) {
        const message = next(random);
        const startedAt = performance.now();
        try {
          if (decode(message) !== undefined) accepted += 1;
        } catch (error) {
          const shown = Buffer.from(message.subarray(0, 400)).toString('base64');
          throw new Error(`${name}, message ${round}: ${shown}`, { cause: error });
        }
        worstMs = Math.max(worstMs, performance.now() - startedAt);
      }
      process.stdout.write(`${name}: ${accepted} of ${share} understood, the slowest took ${worstMs.toFixed(1)} ms\n`);
      expect(accepted).toBeLessThan(share);
    }
    const grownMiB = (await heldMiB()) - before;
    process.stdout.write(`${grownMiB.toFixed(1)} MiB more are held\n`);
    expect(grownMiB).toBeLessThan(MAX_GROWTH_MIB);
  });
});
