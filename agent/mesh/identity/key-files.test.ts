import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { SecretFiles } from './durable-file.ts';
import { openClusterKeys } from './key-files.ts';

const KEY = '/data/cluster.key';
const ID = '/data/cluster.id';
const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

function open(contents: Map<string, string>, mayMake: boolean, fault?: string) {
  const fail = (code: string): never => {
    throw Object.assign(new Error(`${code}: not now`), { code });
  };
  const files: SecretFiles = {
    readText: async (path) => (fault === undefined ? (contents.get(path) ?? fail('ENOENT')) : fail(fault)),
    writeDurably: async (path, text) => void contents.set(path, text),
    rename: async () => {},
  };
  return openClusterKeys(
    { keyFile: KEY, mayMake },
    { files, clock: createFakeClock(), randomBytes: (count) => new Uint8Array(count).fill(7) },
  );
}

describe('the cluster key', () => {
  it('is made with an id beside it by an agent that may, and found by its next start', async () => {
    const disk = new Map<string, string>();
    const made = await open(disk, true);
    expect(await open(disk, false)).toEqual(made);
    expect(made.clusterId).toMatch(/^[0-9a-f-]{36}$/);
    expect([...disk.keys()].sort()).toEqual([ID, KEY]);
  });

  it('is not made where others are to be joined: the message says what to copy', async () => {
    await expect(open(new Map(), false)).rejects.toThrow('copy cluster.key and cluster.id');
  });

  it('keeps an id that is there', async () => {
    expect((await open(new Map([[ID, `${UUID}\n`]]), true)).clusterId).toBe(UUID);
  });

  it('names the file that is damaged, and never its content', async () => {
    const secret = 'c2VjcmV0';
    const failure = await open(new Map([[KEY, `abcd ${secret}\n`]]), true).catch((error: unknown) => String(error));
    expect(failure).toContain(KEY);
    expect(failure).not.toContain(secret);
    await expect(open(new Map([[ID, 'no uuid']]), true)).rejects.toThrow(`${ID} holds no UUID`);
  });

  it('is not made anew when the disk cannot say whether there is one', async () => {
    await expect(open(new Map(), true, 'EIO')).rejects.toThrow(`${KEY} cannot be read`);
  });
});
