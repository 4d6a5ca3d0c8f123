import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatClusterKeys, overlayKeyOf, parseClusterKeys } from '../mesh/identity/cluster-key.ts';
import { formatIdentity } from '../mesh/identity/identity-file.ts';
import { keyPairFromSeed } from '../mesh/identity/key-pair.ts';
import { run } from './key.ts';
import type { Members } from './lib/key-status.ts';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
let directory: string;
let printed: string;
/** What the agent answers; undefined: there is none. */
let members: Members | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-key-'));
  printed = '';
  members = undefined;
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
  const ask = async (): Promise<Members> => {
    if (members === undefined) throw new Error('nobody answers');
    return members;
  };
  expect(await run([...args, '--data-directory', directory], ask)).toBe(0);
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
    expect(await key('overlay')).toBe(made === undefined ? '' : formatClusterKeys([overlayKeyOf(made)]));
  });

  it('prints the secret when asked, and takes a cluster id', async () => {
    const text = await key('new', '--print', '--cluster-id', UUID.toUpperCase());

    expect(text.split('\n')).toContain(secrets()[0]);
    expect(file('cluster.id')).toBe(`${UUID}\n`);
  });

  it('is not changed in a copy: that would be undone', async () => {
    await key('new');
    const path = join(directory, 'cluster.key');
    const before = `# a copy of Secret meerkat/meerkat-cluster-key\n${readFileSync(path, 'utf8')}`;
    writeFileSync(path, before);

    for (const command of ['rotate', 'finish'])
      await expect(key(command)).rejects.toThrow('is a copy of Secret meerkat/meerkat-cluster-key: change it there');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('rotates: new before old, the same cluster, and never three', async () => {
    await key('new', '--cluster-id', UUID);
    const [old] = secrets();
    await expect(key('new')).rejects.toThrow(/already holds key .*: meerkat key rotate/);

    const text = await key('rotate');

    expect(text).toMatch(/Next: copy cluster.key to .*\nThen: meerkat key status/);
    expect(text).not.toContain(secrets()[0]);
    expect(secrets()).toEqual([expect.not.stringContaining(old ?? ''), old]);
    expect(file('cluster.id')).toBe(`${UUID}\n`);
    await expect(key('rotate')).rejects.toThrow(/End it first: meerkat key finish/);
    expect(await key('show-id')).toBe(`${parseClusterKeys(file('cluster.key'))[0]?.id}\n`);
  });

  it('never writes over what it cannot read', async () => {
    writeFileSync(join(directory, 'cluster.key'), 'broken\n');

    await expect(key('rotate')).rejects.toThrow(/cluster.key cannot be used. Line 1/);
    await expect(key('finish', '--force')).rejects.toThrow(/cluster.key cannot be used. Line 1/);

    expect(file('cluster.key')).toBe('broken\n');
  });

  it.each([
    [['rotate'], /no key to rotate/],
    [['finish'], /Make a key with: meerkat key new/],
    [['new', '--cluster-id', 'mine'], /--cluster-id is a UUID/],
    [['show-id'], /Make a key with: meerkat key new/],
    [['overlay'], /Make a key with: meerkat key new/],
    [['status', '--print'], /--print does not belong to status/],
    [['rotate', '--cluster-id', UUID], /--cluster-id does not belong to rotate/],
    [['new', '--force'], /--force does not belong to new/],
    [['old'], /Say new, rotate, status, finish, show-id or overlay, not "old"/],
    [[], /Say new, rotate, status, finish, show-id or overlay\./],
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
    await key('rotate');
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

describe('with an agent to ask', () => {
  const ids = (): string[] => parseClusterKeys(file('cluster.key')).map(({ id }) => id);
  const member = (node: string, more: Partial<Members[number]>): Members[number] => ({
    node,
    state: 'alive',
    since: '2026-01-01T00:00:00.000Z',
    judged: true,
    inComponent: true,
    testimony: [],
    ...more,
  });
  const alive = (node: string, ...keys: string[]) => member(node, { keys });

  it('status says who lacks the new key, then what comes next, then nothing more', async () => {
    await key('new');
    await key('rotate');
    const [next = '', old = ''] = ids();
    members = [alive('a', next, old), alive('b', old), member('c', { state: 'agent-down' })];
    const text = await key('status');
    expect(text).toContain(
      `members   1 of 3 accept ${next}\nmissing   b (accepts ${old}), c (agent-down, did not say)\n`,
    );
    expect(text).toContain('next      copy cluster.key to b, c;');

    members = ['a', 'b', 'c'].map((node) => alive(node, next, old));
    expect(await key('status')).toContain('next      all members know the new key: meerkat key finish\n');
    await key('finish');
    expect(await key('status')).toContain('a, b, c still accept an older key: copy cluster.key there\n');
    members = ['a', 'b', 'c'].map((node) => alive(node, next));
    expect(await key('status')).toMatch(new RegExp(`members   3 of 3 accept ${next}\n$`));
  });

  it('finish drops the old key when all have the new one, and not before', async () => {
    await key('new');
    await expect(key('finish')).rejects.toThrow(/holds one key .*: no change is under way/);
    await key('rotate');
    const [next = '', old = ''] = ids();
    members = [alive('a', next, old), alive('b', old)];
    await expect(key('finish')).rejects.toThrow(/1 of 2 members do not accept key .* cut off: b \(accepts/);
    expect(ids()).toEqual([next, old]);

    members = [alive('a', next, old), alive('b', next, old)];
    expect(await key('finish')).toMatch(new RegExp(`^Key ${old} is dropped; .* holds ${next} only.\nNext: copy`));
    expect(ids()).toEqual([next]);
  });

  it('finish needs somebody who knows, or --force', async () => {
    await key('new');
    await key('rotate');
    const [next = ''] = ids();
    await expect(key('finish')).rejects.toThrow(/Nobody says whether .*\n--force finishes all the same/);
    expect(await key('status')).toContain('members   not known: nobody answers');
    await key('finish', '--force');
    expect(ids()).toEqual([next]);
  });
});

it('shows the help', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await run(['--help'])).toBe(0);
  expect(String(write.mock.calls[0]?.[0])).toMatch(/^Usage: meerkat key new/);
});
