import { describe, expect, it } from 'vitest';
import { type Place, ownAddresses } from './addresses.ts';
import { createWhereabouts } from './whereabouts.ts';

const PORT = 7576;
const DOCKER = '172.17.0.1:7576';

function setUp(place: Partial<Place> = {}) {
  const learned: string[] = [];
  const retracted: string[] = [];
  const strangers = new Set<string>();
  const place0: Place = { listen: [{ host: '10.0.0.1', port: PORT }], ...place };
  let own = ownAddresses(place0);
  const whereabouts = createWhereabouts({
    peers: {
      learn: (peerId, addresses) => void learned.push(`${peerId} ${addresses.join()}`),
      retract: (peerId, addresses) => void retracted.push(...addresses.map((address) => `${peerId} ${address}`)),
      addressesOf: (peerId) => (peerId === 'book' ? ['10.0.0.9:7576'] : []),
    },
    own: () => own,
    isKnown: (peerId) => !strangers.has(peerId),
  });
  return {
    whereabouts,
    learned,
    retracted,
    strangers,
    moveTo: (next: Place) => {
      own = ownAddresses(next);
      whereabouts.moved();
    },
  };
}

describe('createWhereabouts', () => {
  it('goes by the word of the peer, else by the address book', () => {
    const { whereabouts } = setUp();
    expect(whereabouts.of('book')).toEqual(['10.0.0.9:7576']);
    expect(whereabouts.announced('book', ['10.0.0.2:7576'])).toBe(true);
    expect(whereabouts.announced('book', ['10.0.0.2:7576'])).toBe(false);
    expect(whereabouts.of('book')).toEqual(['10.0.0.2:7576']);
  });

  it('looks for nobody where several say they are, while there is another place', () => {
    const { whereabouts, strangers } = setUp();
    whereabouts.announced('a', [DOCKER, '10.0.0.2:7576']);
    expect(whereabouts.of('a')).toEqual([DOCKER, '10.0.0.2:7576']);
    whereabouts.announced('b', ['10.0.0.3:7576', DOCKER]);
    expect(whereabouts.of('a')).toEqual(['10.0.0.2:7576']);
    expect(whereabouts.of('b')).toEqual(['10.0.0.3:7576']);
    whereabouts.announced('c', [DOCKER]);
    expect(whereabouts.of('c')).toEqual([DOCKER]);
    whereabouts.announced('b', ['10.0.0.3:7576']);
    whereabouts.announced('c', ['10.0.0.4:7576']);
    expect(whereabouts.of('a')).toEqual([DOCKER, '10.0.0.2:7576']);
    // A key of an earlier life of some node.
    strangers.add('old');
    whereabouts.announced('old', ['10.0.0.2:7576']);
    expect(whereabouts.of('a')).toEqual([DOCKER, '10.0.0.2:7576']);
  });

  it('looks for nobody at an address of this machine, while there is another place', () => {
    const { whereabouts } = setUp({ hostAddresses: ['10.0.0.1', '172.17.0.1', 'fe80::1'] });
    whereabouts.announced('a', [DOCKER, '10.0.0.2:7576']);
    expect(whereabouts.of('a')).toEqual(['10.0.0.2:7576']);
    // Several agents on one machine.
    whereabouts.announced('b', ['172.17.0.1:7576']);
    expect(whereabouts.of('b')).toEqual([DOCKER]);
    whereabouts.announced('c', ['10.0.0.1:7586', '10.0.0.2:7586']);
    expect(whereabouts.of('c')).toHaveLength(2);
  });

  it('never looks at its own address, and is apart from who says to be there alone', () => {
    const { whereabouts, moveTo, learned } = setUp();
    whereabouts.announced('a', ['10.0.0.1:7576']);
    expect([whereabouts.of('a'), whereabouts.isApart('a')]).toEqual([[], true]);
    learned.length = 0;
    moveTo({ listen: [{ host: '10.0.0.5', port: PORT }] });
    expect([whereabouts.of('a'), whereabouts.isApart('a')]).toEqual([['10.0.0.1:7576'], false]);
    expect(learned).toEqual(['a 10.0.0.1:7576']);
  });

  it('looks over a family in common only, and is apart where there is none', () => {
    const { whereabouts, moveTo } = setUp();
    whereabouts.announced('both', ['[fd00::2]:7576', '10.0.0.2:7576']);
    whereabouts.announced('six', ['[fd00::3]:7576']);
    expect(whereabouts.of('both')).toEqual(['10.0.0.2:7576']);
    expect([whereabouts.of('six'), whereabouts.isApart('six')]).toEqual([[], true]);
    expect([whereabouts.isApart('both'), whereabouts.isApart('nobody')]).toEqual([false, false]);
    moveTo({ listen: ['10.0.0.1', 'fd00::1'].map((host) => ({ host, port: PORT })) });
    expect(whereabouts.of('six')).toEqual(['[fd00::3]:7576']);
    expect(whereabouts.of('both')).toHaveLength(2);
  });

  it.each(['127.0.0.1:7576', '0.0.0.0:7576', '[fe80::1]:7576', 'node:7576'])('never looks at %s', (address) => {
    const { whereabouts } = setUp({ listen: ['10.0.0.1', 'fd00::1'].map((host) => ({ host, port: PORT })) });
    whereabouts.announced('a', [address]);
    expect(whereabouts.of('a')).toEqual([]);
  });

  it('takes back what the peer takes back', () => {
    const { whereabouts, retracted } = setUp();
    whereabouts.announced('a', ['10.0.0.2:7576', '10.0.0.3:7576']);
    whereabouts.announced('a', ['10.0.0.3:7576', '10.0.0.4:7576']);
    expect(retracted).toEqual(['a 10.0.0.2:7576']);
  });
});
