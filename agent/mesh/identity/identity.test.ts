import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { SecretFiles } from './durable-file.ts';
import { MAX_BOOT, formatIdentity, parseIdentity } from './identity-file.ts';
import { type Identity, type IdentityOptions, openIdentity } from './identity.ts';

const PATH = '/data/identity.json';
const CLUSTER = '0f8fad5b-d9cb-469f-a165-70867728950e';
const MACHINE = 'a'.repeat(32);

/** How the disk answers: it works, never says anything, or fails with this code. */
type Mood = 'fine' | 'frozen' | `E${string}`;

interface FakeDisk extends SecretFiles {
  readonly contents: Map<string, string>;
  /** In this order. */
  readonly writes: string[];
  reads: Mood;
  writing: Mood;
  /** Lets everything go on that is frozen. */
  thaw(): void;
}

function createFakeDisk(initial: Readonly<Record<string, string>> = {}): FakeDisk {
  const contents = new Map(Object.entries(initial));
  const frozen: (() => void)[] = [];
  const answer = async (mood: Mood): Promise<void> => {
    if (mood === 'frozen') await new Promise<void>((resolve) => frozen.push(resolve));
    else if (mood !== 'fine') throw Object.assign(new Error(`${mood}: not now`), { code: mood });
  };
  const disk: FakeDisk = {
    contents,
    writes: [],
    reads: 'fine',
    writing: 'fine',
    async readText(path) {
      await answer(disk.reads);
      const text = contents.get(path);
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return text;
    },
    async writeDurably(path, text) {
      await answer(disk.writing);
      contents.set(path, text);
      disk.writes.push(text);
    },
    async rename(from, to) {
      await answer(disk.writing);
      const text = contents.get(from);
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${from}`), { code: 'ENOENT' });
      contents.delete(from);
      contents.set(to, text);
    },
    thaw() {
      disk.reads = 'fine';
      disk.writing = 'fine';
      for (const resolve of frozen.splice(0)) resolve();
    },
  };
  return disk;
}

let randomness = 0;
/** Never the same twice. */
const randomBytes = (count: number): Uint8Array => {
  randomness += 1;
  return Uint8Array.from({ length: count }, (_, at) => (randomness * 31 + at * 7) % 256);
};

type Overrides = Partial<IdentityOptions> & { readonly machineId?: string | undefined };

async function open(
  disk: FakeDisk,
  overrides: Overrides = {},
  meanwhile = (clock: ReturnType<typeof createFakeClock>): Promise<void> => clock.advance(20_000),
): Promise<{ identity: Identity; clock: ReturnType<typeof createFakeClock> }> {
  const clock = createFakeClock();
  const machineId = 'machineId' in overrides ? overrides.machineId : MACHINE;
  const opening = openIdentity(
    { directory: '/data', nodeName: 'node-a', clusterId: CLUSTER, ...overrides },
    {
      files: disk,
      clock,
      randomBytes,
      host: {
        readText: () => (machineId === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(machineId)),
      },
    },
  );
  await meanwhile(clock);
  return { identity: await opening, clock };
}

const kinds = ({ notices }: Identity): string[] => notices.map(({ kind }) => kind);
const stored = (disk: FakeDisk) => parseIdentity(disk.contents.get(PATH) ?? '');

describe('the first start', () => {
  it('makes a key and has it on the disk before the boot is used', async () => {
    const disk = createFakeDisk();
    const { identity } = await open(disk);
    expect(disk.writes).toEqual([]);

    expect(await identity.claimBoot(undefined)).toEqual({ boot: 1, kept: true });

    expect(kinds(identity)).toEqual(['first-start']);
    expect(stored(disk)).toEqual({
      clusterId: CLUSTER,
      machineId: MACHINE,
      nodeName: 'node-a',
      seed: identity.keys.seed,
      boot: 1,
    });
  });

  it('does not wait for a disk that thinks', async () => {
    const disk = createFakeDisk();
    const { identity, clock } = await open(disk);
    disk.writing = 'frozen';

    const claim = identity.claimBoot(3);
    await clock.advance(2000);

    expect((await claim).kept).toBe(false);
  });
});

describe('a later start', () => {
  it.each([
    ['the file', undefined, 2],
    ['the file where peers hold less', 0, 2],
    ['what peers hold', 41, 42],
  ])('keeps the key and counts on from %s', async (_, held, boot) => {
    const disk = createFakeDisk();
    const first = (await open(disk)).identity;
    await first.claimBoot(undefined);

    const { identity } = await open(disk);

    expect(await identity.claimBoot(held)).toEqual({ boot, kept: true });
    expect(identity.keys.peerId).toBe(first.keys.peerId);
    expect(kinds(identity)).toEqual([]);
    expect(stored(disk).boot).toBe(boot);
  });

  it('claims again beyond what a peer shows late', async () => {
    const { identity } = await open(createFakeDisk());
    await identity.claimBoot(undefined);

    expect((await identity.claimBoot(7)).boot).toBe(8);
    expect((await identity.claimBoot(7)).boot).toBe(9);
  });

  it('knows its cluster when nobody can be asked', async () => {
    const disk = createFakeDisk();
    await (await open(disk)).identity.claimBoot(undefined);

    const { identity } = await openWithoutCluster(disk);

    expect(identity.clusterId).toBe(CLUSTER);
    expect(kinds(identity)).toEqual([]);
  });
});

/** exactOptionalPropertyTypes: leaving it out is not setting it undefined. */
async function openWithoutCluster(disk: FakeDisk): Promise<{ identity: Identity }> {
  const clock = createFakeClock();
  const host = { readText: () => Promise.resolve(MACHINE) };
  return {
    identity: await openIdentity({ directory: '/data', nodeName: 'node-a' }, { files: disk, clock, randomBytes, host }),
  };
}

describe('a file that belongs elsewhere', () => {
  const written = async (): Promise<{ disk: FakeDisk; peerId: string }> => {
    const disk = createFakeDisk();
    const { identity } = await open(disk);
    await identity.claimBoot(5);
    return { disk, peerId: identity.keys.peerId };
  };

  it.each<[string, Overrides, RegExp]>([
    ['other-machine', { machineId: 'b'.repeat(32) }, /made on another machine/],
    ['other-name', { nodeName: 'node-b' }, /of node node-a, this is node-b/],
    ['other-cluster', { clusterId: CLUSTER.replace('0f', '1f') }, /of cluster 0f8fad5b/],
  ])('%s: a new key, boots from 1, and says so', async (kind, overrides, message) => {
    const { disk, peerId } = await written();

    const { identity } = await open(disk, overrides);

    expect(identity.keys.peerId).not.toBe(peerId);
    expect(identity.notices).toEqual([{ kind, message: expect.stringMatching(message) }]);
    expect(await identity.claimBoot(undefined)).toEqual({ boot: 1, kept: true });
    expect(stored(disk).nodeName).toBe(overrides.nodeName ?? 'node-a');
  });

  it('an id that was made proves nothing, and a real one takes its place', async () => {
    const disk = createFakeDisk();
    const first = (await open(disk, { machineId: undefined })).identity;
    await first.claimBoot(undefined);
    expect(stored(disk).machineId).toMatch(/^random-[0-9a-f]{32}$/);

    const { identity } = await open(disk);
    await identity.claimBoot(undefined);

    expect(identity.keys.peerId).toBe(first.keys.peerId);
    expect(stored(disk).machineId).toBe(MACHINE);
  });

  it('a machine id that cannot be read now does not matter', async () => {
    const { disk, peerId } = await written();

    const { identity } = await open(disk, { machineId: 'uninitialized' });

    expect(identity.keys.peerId).toBe(peerId);
    expect(identity.machineId).toBe(MACHINE);
  });
});

describe('a damaged file', () => {
  const good = { machineId: MACHINE, nodeName: 'node-a', seed: new Uint8Array(32).fill(3), boot: 4 };
  it.each([
    ['', /it is empty/],
    ['{"version":1', /it is no JSON/],
    ['null', /no JSON object/],
    [formatIdentity(good).replace('"version": 1', '"version": 2'), /version 2 is not known/],
    [formatIdentity(good).replace('"boot": 4', '"boot": 4.5'), /boot counter/],
    [formatIdentity(good).replace('"boot": 4', '"boot": -1'), /boot counter/],
    [formatIdentity(good).replace('AwMD', 'AwM'), /no private key/],
    [formatIdentity({ ...good, nodeName: '' }), /names no node/],
    [formatIdentity({ ...good, machineId: '' }), /names no machine/],
    [formatIdentity({ ...good, clusterId: 'mine' }), /no UUID/],
  ])('is set aside: %j', async (text, message) => {
    const disk = createFakeDisk({ [PATH]: text });

    const { identity } = await open(disk);

    expect(identity.notices).toEqual([{ kind: 'corrupt', message: expect.stringMatching(message) }]);
    expect([...disk.contents]).toEqual([[`${PATH}.corrupt-20260101T120000.000Z`, text]]);
    expect(await identity.claimBoot(undefined)).toEqual({ boot: 1, kept: true });
  });

  it('is kept also when it could not even be read', async () => {
    const disk = createFakeDisk({ [PATH]: formatIdentity(good) });
    disk.reads = 'EIO';

    const { identity } = await open(disk);
    await identity.claimBoot(undefined);

    expect(kinds(identity)).toEqual(['unreadable']);
    expect(disk.contents.get(`${PATH}.corrupt-20260101T120000.000Z`)).toBe(formatIdentity(good));
    expect(stored(disk).seed).toEqual(identity.keys.seed);
  });
});

describe('a disk that fails', () => {
  const earlier = async (): Promise<FakeDisk> => {
    const disk = createFakeDisk();
    await (await open(disk)).identity.claimBoot(9);
    return disk;
  };

  it.each(['EROFS', 'ENOSPC', 'EIO'] as const)(
    'that takes no writes (%s): the key stays, the boot leaps, and it is said',
    async (code) => {
      const disk = await earlier();
      disk.writing = code;
      const { identity } = await open(disk);

      const { boot, kept } = await identity.claimBoot(20);

      expect(kept).toBe(false);
      expect(boot).toBeGreaterThan(21);
      expect(boot).toBeLessThanOrEqual(21 + 2 ** 20);
      expect(identity.notices).toEqual([
        { kind: 'not-kept', message: expect.stringMatching(`cannot be written: ${code}`) },
      ]);
      expect(stored(disk).boot).toBe(10);
    },
  );

  it('never gives the same boot to starts that leave no trace', async () => {
    const disk = await earlier();
    disk.writing = 'EROFS';
    const boots = new Set<number>();
    for (let start = 0; start < 50; start += 1) {
      boots.add((await (await open(disk)).identity.claimBoot(undefined)).boot);
    }

    expect(boots.size).toBe(50);
  });

  it('goes beyond an unwritten boot of an earlier start as soon as a peer shows it', async () => {
    const disk = await earlier();
    disk.writing = 'EROFS';
    const { identity } = await open(disk);
    await identity.claimBoot(undefined);

    expect((await identity.claimBoot(3_000_000)).boot).toBeGreaterThan(3_000_000);
  });

  it('writes what it has once the disk works again', async () => {
    const disk = await earlier();
    disk.writing = 'EROFS';
    const { identity } = await open(disk);
    const { boot } = await identity.claimBoot(undefined);
    expect(await identity.keep()).toBe(false);
    disk.writing = 'fine';

    expect(await identity.keep()).toBe(true);

    expect(stored(disk).boot).toBe(boot);
    expect(kinds(identity)).toEqual(['not-kept']);
  });

  it('that is frozen: a fresh key within the bound, and the file of before is kept when it thaws', async () => {
    const disk = await earlier();
    const before = disk.contents.get(PATH);
    disk.reads = 'frozen';
    disk.writing = 'frozen';

    const { identity, clock } = await open(disk);
    const claim = identity.claimBoot(undefined);
    await clock.advance(2000);
    const { boot, kept } = await claim;

    expect(kinds(identity)).toEqual(['unreadable', 'not-kept']);
    expect(kept).toBe(false);
    expect(boot).toBeGreaterThan(1);
    expect(await identity.keep()).toBe(false);

    disk.thaw();
    await clock.advance(1);
    expect(await identity.keep()).toBe(true);
    expect(stored(disk)).toMatchObject({ seed: identity.keys.seed, boot });
    expect([...disk.contents.values()]).toContain(before);
  });

  it('that is slow to read, as it is while a machine starts: the key stays', async () => {
    const disk = await earlier();
    const { seed } = stored(disk);
    disk.reads = 'frozen';

    const { identity } = await open(disk, {}, async (clock) => {
      await clock.advance(14_000);
      disk.thaw();
      await clock.advance(1000);
    });

    expect(identity.keys.seed).toEqual(seed);
    expect(kinds(identity)).toEqual([]);
  });

  it('that freezes in the middle of a write: a late write never ends above a newer one', async () => {
    const disk = await earlier();
    const { identity, clock } = await open(disk);
    disk.writing = 'frozen';
    const claim = identity.claimBoot(undefined);
    await clock.advance(2000);
    const { boot } = await claim;
    const again = await identity.claimBoot(boot);
    expect(again.kept).toBe(false);
    disk.thaw();
    await clock.advance(1);

    await identity.keep();

    expect(disk.writes.map((text) => parseIdentity(text).boot)).toEqual([10, 11, again.boot]);
  });
});

it('ends when the counter is used up, and the next start makes a new key', async () => {
  const disk = createFakeDisk();
  const { identity } = await open(disk);

  expect((await identity.claimBoot(MAX_BOOT - 1)).boot).toBe(MAX_BOOT);
  await expect(identity.claimBoot(MAX_BOOT)).rejects.toThrow(/used up/);

  const next = (await open(disk)).identity;
  expect(next.keys.peerId).not.toBe(identity.keys.peerId);
  expect(kinds(next)).toEqual(['first-start']);
});
