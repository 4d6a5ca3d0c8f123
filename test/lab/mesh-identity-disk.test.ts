/** The identity file on a disk that fills up, freezes or turns read-only. */
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { systemFiles } from '../../agent/mesh/identity/durable-file.ts';
import { type Identity, openIdentity } from '../../agent/mesh/identity/identity.ts';
import { type LoopDisk, createLoopDisk, whyNoLoopDisk } from './lib/loop-disk.ts';

const missing = whyNoLoopDisk();
if (missing !== undefined) process.stderr.write(`mesh-identity-disk: skipped, ${missing}\n`);

const BOUND_MS = 1000;

describe.skipIf(missing !== undefined)('the identity on a disk of its own', () => {
  let disk: LoopDisk;
  beforeEach(() => {
    disk = createLoopDisk(4);
  });
  afterEach(() => disk.cleanUp());

  const open = (): Promise<Identity> =>
    openIdentity(
      {
        directory: join(disk.mountPoint, 'data'),
        nodeName: 'node-a',
        diskTimeoutMs: BOUND_MS,
        readTimeoutMs: BOUND_MS,
      },
      {
        files: systemFiles,
        clock: systemClock,
        randomBytes,
        host: { readText: () => Promise.resolve('d'.repeat(32)) },
      },
    );
  /** A disk is filled in large pieces, and the file is a small one. */
  const fillToTheLastBlock = (): void => {
    disk.fill();
    for (let count = 0; count < 256; count += 1) {
      try {
        writeFileSync(join(disk.mountPoint, `crumb-${count}`), Buffer.alloc(1024));
      } catch {
        return;
      }
    }
  };
  const kinds = ({ notices }: Identity): string[] => notices.map(({ kind }) => kind);

  it.each([
    ['full', fillToTheLastBlock, () => disk.release(), /ENOSPC/],
    ['read-only', () => disk.remount('ro'), () => disk.remount('rw'), /EROFS/],
    ['frozen', () => disk.freeze(), () => disk.thaw(), /no answer within 1s/],
  ])(
    '%s: the key stays, the boot leaps in time, and both are kept when it works again',
    async (_, break_, mend, why) => {
      const first = await open();
      await first.claimBoot(4);
      break_();

      const began = performance.now();
      const second = await open();
      const { boot, kept } = await second.claimBoot(undefined);
      const tookMs = performance.now() - began;
      const files = readdirSync(join(disk.mountPoint, 'data'));
      mend();

      expect(kept).toBe(false);
      expect(boot).toBeGreaterThan(6);
      expect(second.keys.peerId).toBe(first.keys.peerId);
      expect(second.notices).toEqual([{ kind: 'not-kept', message: expect.stringMatching(why) }]);
      expect(files).toContain('identity.json');
      process.stderr.write(`claimed boot ${boot} after ${Math.round(tookMs)} ms\n`);
      expect(tookMs).toBeLessThan(4 * BOUND_MS);
      // A write that hung when the disk froze may still be at it.
      await expect.poll(() => second.keep(), { timeout: 10_000 }).toBe(true);
      const third = await open();
      expect(await third.claimBoot(undefined)).toEqual({ boot: boot + 1, kept: true });
      expect(kinds(third)).toEqual([]);
    },
  );
});
