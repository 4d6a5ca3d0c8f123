import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import { clusterKeyFrom, formatClusterKeys } from './cluster-key.ts';
import { LOOK_MS, watchKeyFile } from './key-watch.ts';

const [OLD, NEW] = [1, 2].map((value) => clusterKeyFrom(new Uint8Array(32).fill(value))) as [
  ReturnType<typeof clusterKeyFrom>,
  ReturnType<typeof clusterKeyFrom>,
];
const ID = '6f1c2b9e-0d5c-4b3e-9f51-2a7d3c8e4b10';

let clock: FakeClock;
let disk: Map<string, string>;
let reads: number;
let hang: Promise<void> | undefined;
let said: string[];
let stop: () => void;

beforeEach(() => {
  clock = createFakeClock();
  disk = new Map([
    ['/d/cluster.key', formatClusterKeys([OLD])],
    ['/d/cluster.id', `${ID}\n`],
  ]);
  [reads, hang, said] = [0, undefined, []];
  stop = watchKeyFile(
    { keyFile: '/d/cluster.key', keys: [OLD], clusterId: () => ID },
    {
      clock,
      files: {
        async readText(path) {
          reads += 1;
          await hang;
          const text = disk.get(path);
          if (text === undefined) throw Object.assign(new Error(`${path} is not there`), { code: 'ENOENT' });
          return text;
        },
      },
      onKeys: (keys) => said.push(keys.map(({ id }) => id).join(' ')),
      onFault: (why) => said.push(why),
    },
  );
});

const put = async (text: string | undefined): Promise<void> => {
  if (text === undefined) disk.delete('/d/cluster.key');
  else disk.set('/d/cluster.key', text);
  await clock.advance(3 * LOOK_MS);
};

describe('the watch over the key file', () => {
  it('tells each change once', async () => {
    await clock.advance(60_000);
    expect(said).toEqual([]);
    await put(formatClusterKeys([NEW, OLD]));
    await put(formatClusterKeys([NEW]));
    expect(said).toEqual([`${NEW.id} ${OLD.id}`, NEW.id]);
  });

  it('keeps the keys of before while the file is of no use, and says why once, without the secret', async () => {
    const half = formatClusterKeys([NEW]).slice(0, 30);
    await put(half);
    await put(undefined);
    expect(said).toEqual(['Line 1 holds no key: 32 bytes in base64 are 44 characters', '/d/cluster.key is not there']);
    await put(formatClusterKeys([OLD]));
    await put(half);
    expect(said).toHaveLength(3);
    await put(formatClusterKeys([NEW]));
    expect(said.at(-1)).toBe(NEW.id);
  });

  it('takes no key of another cluster: what this agent has signed would not hold there', async () => {
    disk.set('/d/cluster.id', ID.replace('6', '7'));
    await put(formatClusterKeys([NEW]));
    expect(said).toEqual(['/d/cluster.id names another cluster: restart the agent to join it']);
    disk.delete('/d/cluster.id');
    await put(formatClusterKeys([NEW]));
    expect(said.at(-1)).toBe(NEW.id);
  });

  it('has one read under way at most on a disk that hangs, and none after its end', async () => {
    let release = (): void => {};
    hang = new Promise((resolve) => (release = resolve));
    await put(formatClusterKeys([NEW]));
    await clock.advance(600_000);
    expect(reads).toBe(1);
    stop();
    release();
    await clock.advance(60_000);
    expect([said, clock.pendingTimers()]).toEqual([[], 0]);
  });
});
