/** The cluster key from where all agents find it, with a copy on the disk. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { SharedKey, SharedKeyPlace, SharedKeyTexts, SharedKeyWrite } from '../../model/shared-key.ts';
import { clusterKeyFrom, formatClusterKeys, originOfKeys, overlayKeyOf, parseClusterKeys } from './cluster-key.ts';
import type { SecretFiles } from './durable-file.ts';
import { openClusterKeys } from './key-files.ts';

const [KEY, ID] = ['/data/cluster.key', '/data/cluster.id'];
const [HERE, ELSEWHERE] = ['0f8fad5b-d9cb-469f-a165-70867728950e', '7c9e6679-7425-40de-944b-e07fc1f90ae7'];
const [ONE, TWO] = [1, 2].map((byte) => clusterKeyFrom(new Uint8Array(32).fill(byte))) as [
  ReturnType<typeof clusterKeyFrom>,
  ReturnType<typeof clusterKeyFrom>,
];

describe('a Secret', () => {
  let disk: Map<string, string>;
  let text: string;
  let reads: number;
  let overlayText: string;
  let onWrite: (wanted: SharedKeyTexts) => SharedKeyWrite;
  let answer: () => Promise<SharedKey>;
  let canWrite: boolean;
  let canRead: boolean;
  let clock: ReturnType<typeof createFakeClock>;
  beforeEach(() => {
    [disk, text, reads, canWrite, canRead, clock] = [new Map(), '', 0, true, true, createFakeClock()];
    overlayText = '';
    onWrite = (wanted) => {
      ({ text, overlayText } = wanted);
      return { kind: 'written' };
    };
    answer = () => {
      reads += 1;
      return Promise.resolve({
        kind: 'found',
        text,
        clusterId: HERE,
        overlayText,
        write: (wanted) => Promise.resolve(onWrite(wanted)),
      });
    };
  });
  const fail = (code: string): never => {
    throw Object.assign(new Error(`${code}: not now`), { code });
  };
  const open = (patienceMs?: number) => {
    const shared: SharedKeyPlace = { name: 'Secret ns/key', askAgainMs: () => 1000, read: () => answer() };
    const files: SecretFiles = {
      readText: async (path) => (canRead ? (disk.get(path) ?? fail('ENOENT')) : fail('EIO')),
      writeDurably: async (path, content) => void (canWrite ? disk.set(path, content) : fail('EROFS')),
      rename: async () => {},
    };
    const deps = { files, clock, randomBytes: (count: number) => new Uint8Array(count).fill(9) };
    return openClusterKeys({ keyFile: KEY, mayMake: false, shared, patienceMs }, deps);
  };
  const held = (): string[] => parseClusterKeys(disk.get(KEY) ?? '').map(({ id }) => id);

  it('that is empty is filled, and copied to the disk, which says so', async () => {
    const { keys, clusterId } = await open();

    expect(parseClusterKeys(text)).toEqual(keys);
    expect(parseClusterKeys(overlayText)).toEqual(keys.map(overlayKeyOf));
    expect(held()).toEqual(keys.map(({ id }) => id));
    expect(originOfKeys(disk.get(KEY) ?? '')).toBe('Secret ns/key');
    expect([clusterId, disk.get(ID)]).toEqual([HERE, `${HERE}\n`]);
  });

  it('that another agent fills first has its key', async () => {
    onWrite = () => {
      text = formatClusterKeys([TWO]);
      return { kind: 'conflict' };
    };

    expect((await open()).keys).toEqual([TWO]);
    expect(reads).toBe(2);
  });

  it.each<[string, SharedKeyWrite]>([
    ['takes what is missing', { kind: 'written' }],
    ['may not be changed', { kind: 'failed', why: '403 forbidden' }],
    ['was changed meanwhile', { kind: 'conflict' }],
  ])('that lacks what overlay responders need, and %s, has the cluster’s key all the same', async (_, outcome) => {
    text = formatClusterKeys([ONE, TWO]);
    const written: SharedKeyTexts[] = [];
    onWrite = (wanted) => {
      written.push(wanted);
      return outcome;
    };

    expect((await open()).keys).toEqual([ONE, TWO]);
    expect(written).toEqual([{ text, overlayText: formatClusterKeys([ONE, TWO].map(overlayKeyOf)) }]);
    expect(reads).toBe(1);
  });

  it('whose key was replaced keeps the one of before for responders that have not seen it yet', async () => {
    text = formatClusterKeys([TWO]);
    overlayText = formatClusterKeys([overlayKeyOf(ONE)]);
    await open();
    const both = formatClusterKeys([TWO, ONE].map(overlayKeyOf));
    expect(overlayText).toBe(both);
    onWrite = () => {
      throw new Error('it holds all that it should');
    };
    await open();
    expect(overlayText).toBe(both);
  });

  it('that changes all the time is given up for now', async () => {
    onWrite = () => ({ kind: 'conflict' });

    await expect(open()).rejects.toThrow('Secret ns/key changes all the time');
    expect(reads).toBe(5);
  });

  it.each([
    ['nothing', new Map<string, string>()],
    [
      'the key of another cluster',
      new Map([
        [KEY, formatClusterKeys([ONE])],
        [ID, `${ELSEWHERE}\n`],
      ]),
    ],
  ])(
    'that cannot be filled leaves who has %s on the disk alone: a key that nobody else has is none',
    async (_, contents) => {
      disk = new Map(contents);
      onWrite = () => ({ kind: 'failed', why: '403 forbidden' });

      await expect(open()).rejects.toThrow('Secret ns/key cannot be filled: 403 forbidden');
      expect(disk).toEqual(contents);
    },
  );

  it('that cannot be filled does not keep who has the cluster’s key from using it', async () => {
    disk = new Map([
      [KEY, formatClusterKeys([ONE])],
      [ID, `${HERE}\n`],
    ]);
    onWrite = () => ({ kind: 'failed', why: '403 forbidden' });

    expect((await open()).keys).toEqual([ONE]);
  });

  it('is used also where the disk takes no copy, and that is said', async () => {
    canWrite = false;
    text = formatClusterKeys([TWO]);
    disk = new Map([
      [KEY, formatClusterKeys([ONE])],
      [ID, `${HERE}\n`],
    ]);
    const { keys, notices, isNotOnDisk } = await open();

    expect(keys).toEqual([TWO, ONE]);
    expect(notices.join('; ')).toContain(`${KEY} cannot be written: EROFS`);
    expect(isNotOnDisk).toBe(true);
  });

  it('is used while the disk cannot be read, and what is on the disk stays there', async () => {
    [text, canRead] = [formatClusterKeys([TWO]), false];
    disk.set(KEY, formatClusterKeys([ONE])).set(ID, `${HERE}\n`);

    const { keys, notices, isNotOnDisk } = await open();
    expect([keys, held(), isNotOnDisk]).toEqual([[TWO], [ONE.id], true]);
    expect(notices.join()).toContain(`${KEY} cannot be read`);

    canRead = true;
    const again = await open();
    expect([again.keys, again.isNotOnDisk]).toEqual([[TWO, ONE], undefined]);
    expect(held()).toEqual([TWO.id, ONE.id]);
  });

  it('that is empty is not filled with a new key while the disk, which may have one, cannot be read', async () => {
    canRead = false;

    await expect(open()).rejects.toThrow(`there is no cluster key: ${KEY} cannot be read`);
    expect(text).toBe('');
  });

  it('that does not answer is waited for by whoever has no key, and by others for a second', async () => {
    answer = () => new Promise(() => {});
    disk = new Map([
      [KEY, formatClusterKeys([ONE])],
      [ID, `${HERE}\n`],
    ]);
    const opening = open(1000);
    await clock.advance(1000);
    expect((await opening).keys).toEqual([ONE]);
    disk = new Map();
    let isOpen = false;
    void open(1000).then(() => (isOpen = true));
    await clock.advance(60_000);

    expect(isOpen).toBe(false);
  });
});
