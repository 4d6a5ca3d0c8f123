import { describe, expect, it } from 'vitest';
import type { SharedKey } from '../../model/shared-key.ts';
import { clusterKeyFrom, formatClusterKeys, lastKeyUntil, originOfKeys, parseClusterKeys } from './cluster-key.ts';
import { type DiskKeys, OLD_KEY_MS, agreeOnKeys } from './key-agreement.ts';

const HERE = '0f8fad5b-d9cb-469f-a165-70867728950e';
const ELSEWHERE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const NOW = Date.UTC(2026, 0, 1);
const PLACE = 'Secret meerkat/meerkat-cluster-key';
const keyOf = (byte: number) => clusterKeyFrom(new Uint8Array(32).fill(byte));
const [ONE, TWO, MADE] = [keyOf(1), keyOf(2), keyOf(9)];

const NONE: DiskKeys = { keys: [], clusterId: undefined };
const secret = (text: string): SharedKey => ({
  kind: 'found',
  text,
  overlayText: '',
  clusterId: HERE,
  write: () => Promise.resolve({ kind: 'written' }),
});
const away: SharedKey = { kind: 'unreadable', why: 'no answer within 10 s' };
const agree = (shared: SharedKey, disk: DiskKeys, now = NOW) =>
  agreeOnKeys(PLACE, shared, disk, { now, randomBytes: (count) => new Uint8Array(count).fill(9) });
const ids = (keys: readonly { readonly id: string }[]): string[] => keys.map(({ id }) => id);

describe('an empty Secret', () => {
  it('gets a new key from an agent that has none', () => {
    expect(agree(secret(''), NONE)).toEqual({
      keys: [MADE],
      clusterId: HERE,
      write: formatClusterKeys([MADE]),
      isFresh: true,
      notices: [],
    });
  });

  it('gets the key of a node that has one of this cluster', () => {
    const agreement = agree(secret('\n'), { keys: [ONE], clusterId: HERE.toUpperCase() });

    expect(agreement).toMatchObject({ keys: [ONE], write: formatClusterKeys([ONE]), notices: [] });
  });

  it('does not get a key that ends soon', () => {
    const agreement = agree(secret(''), { keys: [ONE, TWO], clusterId: HERE, lastUntil: NOW + 1000 });

    expect(agreement).toMatchObject({ keys: [ONE, TWO], lastUntil: NOW + 1000, write: formatClusterKeys([ONE]) });
  });

  it('never gets the key of another cluster, and that is said', () => {
    const agreement = agree(secret(''), { keys: [ONE], clusterId: ELSEWHERE });

    expect(agreement.keys).toEqual([MADE]);
    expect(agreement.notices).toEqual([expect.stringContaining(`of another cluster (${ELSEWHERE})`)]);
  });
});

describe('a Secret with a key', () => {
  it('is taken over by a node that has none', () => {
    expect(agree(secret(formatClusterKeys([ONE])), NONE)).toEqual({ keys: [ONE], clusterId: HERE, notices: [] });
  });

  it('wins over the disk, whose key is accepted for a day', () => {
    const agreement = agree(secret(formatClusterKeys([ONE])), { keys: [TWO], clusterId: HERE });

    expect(ids(agreement.keys)).toEqual(ids([ONE, TWO]));
    expect(agreement.lastUntil).toBe(NOW + OLD_KEY_MS);
    expect(agreement.notices).toEqual([expect.stringContaining(`another cluster key (${ONE.id})`)]);
    expect(agreement.write).toBeUndefined();
  });

  it('a day is a day, however often the agent starts', () => {
    const shared = secret(formatClusterKeys([ONE]));
    const disk = { keys: [ONE, TWO], clusterId: HERE, lastUntil: NOW + OLD_KEY_MS };

    expect(agree(shared, disk, NOW + OLD_KEY_MS - 1)).toMatchObject({ lastUntil: NOW + OLD_KEY_MS, notices: [] });
    expect(agree(shared, disk, NOW + OLD_KEY_MS)).toEqual({ keys: [ONE], clusterId: HERE, notices: [] });
    expect(ids(agree(away, disk, NOW + OLD_KEY_MS).keys)).toEqual(ids([ONE]));
  });

  it('with two, while they are rotated, is taken as it is', () => {
    const agreement = agree(secret(formatClusterKeys([ONE, TWO])), { keys: [MADE], clusterId: HERE });

    expect(agreement).toEqual({ keys: [ONE, TWO], clusterId: HERE, notices: [] });
  });

  it('drops a key of another cluster', () => {
    const agreement = agree(secret(formatClusterKeys([ONE])), { keys: [TWO], clusterId: ELSEWHERE });

    expect(agreement.keys).toEqual([ONE]);
    expect(agreement.notices).toHaveLength(1);
  });

  it('that is damaged leaves the key of the disk, and stops nobody but who has none', () => {
    const damaged = secret('not a key');

    expect(agree(damaged, { keys: [ONE], clusterId: HERE })).toMatchObject({
      keys: [ONE],
      notices: [expect.stringContaining('Line 1')],
    });
    expect(agree(damaged, { keys: [ONE, TWO], clusterId: HERE, lastUntil: NOW + 1000 }).lastUntil).toBe(NOW + 1000);
    expect(() => agree(damaged, NONE)).toThrow(`${PLACE} cannot be used`);
  });
});

describe('without the API', () => {
  it('the key of the disk holds', () => {
    expect(agree(away, { keys: [ONE], clusterId: HERE })).toEqual({ keys: [ONE], clusterId: HERE, notices: [] });
  });

  it('that has no Secret the key of the disk holds, and it is said', () => {
    const lasting: SharedKey = { kind: 'unreadable', why: 'there is none', isLasting: true };

    expect(agree(lasting, { keys: [ONE], clusterId: HERE }).notices).toEqual([
      `${PLACE} cannot be read: there is none. The key on this node’s disk holds`,
    ]);
  });

  it('nobody makes a key', () => {
    expect(() => agree(away, NONE)).toThrow(
      `there is no cluster key on this node, and ${PLACE} cannot be read: no answer within 10 s`,
    );
  });
});

it('the file of the key says until when the last one is accepted', () => {
  const text = formatClusterKeys([ONE, TWO], { lastUntil: NOW, origin: PLACE });

  expect(ids(parseClusterKeys(text))).toEqual(ids([ONE, TWO]));
  expect(lastKeyUntil(text)).toBe(NOW);
  expect(originOfKeys(text)).toBe(PLACE);
  expect(originOfKeys(formatClusterKeys([ONE]))).toBeUndefined();
  expect(lastKeyUntil(formatClusterKeys([ONE, TWO]))).toBeUndefined();
  expect(lastKeyUntil('# the last key is accepted until whenever')).toBeUndefined();
});
