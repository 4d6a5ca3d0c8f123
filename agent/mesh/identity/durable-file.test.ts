import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { systemFiles } from './durable-file.ts';
import { openIdentity } from './identity.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'meerkat-identity-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it('writes for the owner only, in a directory of its own', async () => {
  const path = join(root, 'data', 'identity.json');

  await systemFiles.writeDurably(path, 'one');
  await systemFiles.writeDurably(path, 'two');

  expect(await systemFiles.readText(path)).toBe('two');
  expect(modeOf(path)).toBe(0o600);
  expect(modeOf(join(root, 'data'))).toBe(0o700);
  expect(readdirSync(join(root, 'data'))).toEqual(['identity.json']);
});

it('takes over what an interrupted write left, with its own mode', async () => {
  const path = join(root, 'identity.json');
  writeFileSync(`${path}.new`, 'half a fi');
  chmodSync(`${path}.new`, 0o644);

  await systemFiles.writeDurably(path, 'x');

  expect(await systemFiles.readText(path)).toBe('x');
  expect(modeOf(path)).toBe(0o600);
});

it('carries an identity over starts', async () => {
  const clock = createFakeClock();
  const host = { readText: () => Promise.resolve('c'.repeat(32)) };
  const open = () =>
    openIdentity(
      { directory: join(root, 'data'), nodeName: 'node-a' },
      { files: systemFiles, clock, host, randomBytes },
    );
  const first = await open();
  expect(await first.claimBoot(undefined)).toEqual({ boot: 1, kept: true });

  const second = await open();

  expect(second.keys.peerId).toBe(first.keys.peerId);
  expect(await second.claimBoot(undefined)).toEqual({ boot: 2, kept: true });
  expect(modeOf(join(root, 'data', 'identity.json'))).toBe(0o600);
});

it('tells the system error of what goes wrong', async () => {
  const path = join(root, 'identity.json');
  writeFileSync(join(root, 'file'), '');

  await expect(systemFiles.readText(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(systemFiles.rename(path, `${path}.old`)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(systemFiles.writeDurably(join(root, 'file', 'identity.json'), 'x')).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTDIR|EEXIST/),
  });
});
