import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseClusterKeys } from '../mesh/identity/cluster-key.ts';
import { formatIdentity } from '../mesh/identity/identity-file.ts';
import { keyPairFromSeed } from '../mesh/identity/key-pair.ts';
import { run } from './key.ts';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
let directory: string;
let printed: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-key-'));
  printed = '';
  // Every line that is printed leaves a listener behind.
  process.stdout.setMaxListeners(100);
  vi.spyOn(process.stdout, 'write').mockImplementation((text: unknown, ...rest: unknown[]) => {
    printed += String(text);
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

const key = async (...args: string[]): Promise<string> => {
  printed = '';
  expect(await run([...args, '--data-directory', directory])).toBe(0);
  return printed;
};
const file = (name: string): string => readFileSync(join(directory, name), 'utf8');
const secrets = (): string[] =>
  file('cluster.key')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');

describe('key new', () => {
  it('makes a key and a cluster id for the owner only, and keeps the secret to itself', async () => {
    const text = await key('new');

    const [made] = parseClusterKeys(file('cluster.key'));
    expect(text).toContain(`Key ${made?.id} of cluster ${file('cluster.id').trim()}`);
    expect(text).not.toContain(secrets()[0]);
    expect(statSync(join(directory, 'cluster.key')).mode & 0o777).toBe(0o600);
    expect(await key('show-id')).toBe(`${made?.id}\n`);
  });

  it('prints the secret when asked, and takes a cluster id', async () => {
    const text = await key('new', '--print', '--cluster-id', UUID.toUpperCase());

    expect(text.split('\n')).toContain(secrets()[0]);
    expect(file('cluster.id')).toBe(`${UUID}\n`);
  });

  it('rotates: new before old, the same cluster, and never three', async () => {
    await key('new', '--cluster-id', UUID);
    const [old] = secrets();
    await expect(key('new')).rejects.toThrow(/already holds key .* add --rotate/);

    await key('new', '--rotate');

    expect(secrets()).toEqual([expect.not.stringContaining(old ?? ''), old]);
    expect(file('cluster.id')).toBe(`${UUID}\n`);
    await expect(key('new', '--rotate')).rejects.toThrow(/delete the second line/);
    expect(await key('show-id')).toBe(`${parseClusterKeys(file('cluster.key'))[0]?.id}\n`);
  });

  it('never writes over what it cannot read', async () => {
    writeFileSync(join(directory, 'cluster.key'), 'broken\n');

    await expect(key('new', '--rotate')).rejects.toThrow(/cluster.key cannot be used. Line 1/);

    expect(file('cluster.key')).toBe('broken\n');
  });

  it.each([
    [['new', '--rotate'], /no key to rotate/],
    [['new', '--cluster-id', 'mine'], /--cluster-id is a UUID/],
    [['show-id'], /Make a key with: meerkat key new/],
    [['status', '--print'], /belong to new/],
    [['old'], /Say new, status or show-id, not "old"/],
    [[], /Say new, status or show-id\./],
    [['new', 'x'], /not "new x"/],
    [['new', '--secret'], /Unknown option/],
  ])('refuses %j', async (args, message) => {
    await expect(key(...args)).rejects.toThrow(message);
  });

  it('refuses another cluster id than the one that is there', async () => {
    writeFileSync(join(directory, 'cluster.id'), `${UUID}\n`);

    await expect(key('new', '--cluster-id', UUID.replace('0f', '1f'))).rejects.toThrow(/says cluster 0f8fad5b/);
  });
});

describe('key status', () => {
  it('says what there is not', async () => {
    expect(await key('status')).toBe(
      `cluster   not known here\nkey       none; there is no ${directory}/cluster.key\n` +
        'identity  none; the agent makes one at its first start\n',
    );
  });

  it('names both keys by their ids, the identity, and a file that others may read', async () => {
    await key('new', '--cluster-id', UUID);
    await key('new', '--rotate');
    const seed = new Uint8Array(32).fill(7);
    writeFileSync(
      join(directory, 'identity.json'),
      formatIdentity({ machineId: 'm', nodeName: 'node-a', seed, boot: 12 }),
    );
    chmodSync(join(directory, 'cluster.key'), 0o644);

    const text = await key('status');

    const ids = parseClusterKeys(file('cluster.key')).map(({ id }) => id);
    expect(text).toContain(`cluster   ${UUID}\nkey       ${ids[0]}\naccepted  ${ids[1]} (`);
    expect(text).toContain('chmod 600');
    expect(text).toContain(`identity  ${keyPairFromSeed(seed).peerId}, node node-a, boot 12\n`);
    for (const secret of secrets()) expect(text).not.toContain(secret);
  });

  it('says that the identity cannot be used', async () => {
    writeFileSync(join(directory, 'identity.json'), '{');

    expect(await key('status')).toContain('identity.json cannot be used: it is no JSON');
  });
});

it('shows the help', async () => {
  expect(await key('--help')).toMatch(/^Usage: meerkat key new/);
});
