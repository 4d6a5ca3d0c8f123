/** The kernel's real log, where this machine grants it. */
import { writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openKernelLog } from '../../checks/lib/kernel/log-device.ts';
import { messageOf } from '../../checks/lib/kernel/log-events.ts';
import { createKernelLog } from '../../checks/lib/kernel/log-reader.ts';

const PATH = '/dev/kmsg';
const LIVE = new AbortController().signal;
const why = await openKernelLog([PATH]).then(
  (source) => source.close(),
  (error: unknown) => String(error),
);
if (why !== undefined) process.stderr.write(`kernel-log: the device is not granted, ${why}\n`);

it.skipIf(why !== undefined)('gives a line that was just written, which is no word of the kernel', async () => {
  const log = createKernelLog(() => openKernelLog([PATH]));
  const began = performance.now();
  const first = await log.read(LIVE);
  process.stdout.write(`went through the history in ${Math.round(performance.now() - began)} ms\n`);
  expect(first).toMatchObject({ kind: 'records' });

  const mark = `meerkat test ${process.pid}: Out of memory: Killed process 1 (nobody) total-vm:0kB`;
  writeFileSync(PATH, `<6>${mark}\n`);
  const read = await log.read(LIVE);
  const records = read.kind === 'records' ? read.records : [];
  const own = records.find((record) => record.includes(mark)) ?? expect.fail('the line is not there');
  expect(messageOf(own)).toBeUndefined();
  const again = await log.read(LIVE);
  expect(again.kind === 'records' && again.records.some((record) => record.includes(mark))).toBe(false);
  log.close();
});

it('is none where something else is in its place', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kernel-log-'));
  try {
    const link = join(directory, 'kmsg');
    symlinkSync('/dev/null', link);
    expect(await createKernelLog(() => openKernelLog([link])).read(LIVE)).toEqual({
      kind: 'none',
      why: '/dev/kmsg cannot be read: it is something else than the kernel’s log',
    });
    expect(await createKernelLog(() => openKernelLog([join(directory, 'x'), link])).read(LIVE)).toEqual({
      kind: 'none',
      why: 'there is no /dev/kmsg',
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
