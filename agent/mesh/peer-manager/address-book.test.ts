import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createAddressBook } from './address-book.ts';

const MINUTE_MS = 60_000;

function setUp(allowLoopback = false) {
  const clock = createFakeClock();
  return { clock, book: createAddressBook({ allowLoopback, ownAddresses: [] }, clock) };
}

describe('createAddressBook', () => {
  it('writes an address in one way and keeps it once', () => {
    const { book } = setUp();
    expect(book.learn('p', ['[FD00::0:7]:1', '[fd00::7]:1', '[::ffff:10.0.0.1]:1', '10.0.0.1:1'])).toBe(true);
    expect(book.learn('p', ['10.0.0.1:1'])).toBe(false);
    expect(book.entries()).toEqual([{ peerId: 'p', addresses: ['10.0.0.1:1', '[fd00::7]:1'] }]);
  });

  it('leaves out what may not be dialled', () => {
    const { book } = setUp();
    book.markOwn('10.0.0.9:1');
    expect(book.learn('p', ['127.0.0.1:1', '[::1]:1', '0.0.0.0:1', '10.0.0.1:0', 'node:1', '10.0.0.9:1'])).toBe(false);
    expect(book.entries()).toEqual([]);
    expect(setUp(true).book.learn('p', ['127.0.0.1:1'])).toBe(true);
  });

  it('tries at most two: the confirmed one, and the others by turns', () => {
    const { book } = setUp();
    book.learn('p', ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1']);
    expect(book.pick('p')).toEqual(['10.0.0.1:1', '10.0.0.2:1']);
    expect(book.pick('p')).toEqual(['10.0.0.3:1', '10.0.0.1:1']);
    book.confirm('p', '10.0.0.2:1');
    expect(book.pick('p')[0]).toBe('10.0.0.2:1');
    expect(book.pick('p')[0]).toBe('10.0.0.2:1');
    const second = [book.pick('p')[1], book.pick('p')[1]];
    expect(new Set(second)).toEqual(new Set(['10.0.0.1:1', '10.0.0.3:1']));
  });

  it('suspends an address at which somebody else answered, for this peer only and for a while', async () => {
    const { book, clock } = setUp();
    for (const peer of ['p', 'q']) book.learn(peer, ['10.0.0.1:1']);
    book.confirm('p', '10.0.0.1:1');
    book.suspend('p', '10.0.0.1:1');
    expect(book.pick('p')).toEqual([]);
    expect(book.pick('q')).toEqual(['10.0.0.1:1']);
    book.learn('p', ['10.0.0.1:1']);
    expect(book.pick('p')).toEqual([]);
    await clock.advance(5 * MINUTE_MS);
    expect(book.pick('p')).toEqual(['10.0.0.1:1']);
  });

  it('knows who answered last at an address', () => {
    const { book } = setUp();
    book.confirm('p', '10.0.0.1:1');
    expect(book.holderOf('10.0.0.1:1')).toBe('p');
    book.confirm('q', '10.0.0.1:1');
    book.suspend('p', '10.0.0.1:1');
    expect(book.holderOf('10.0.0.1:1')).toBe('q');
    book.forget('q');
    expect(book.holderOf('10.0.0.1:1')).toBeUndefined();
  });

  it('takes an own address from everybody', () => {
    const { book } = setUp();
    book.learn('p', ['10.0.0.1:1', '10.0.0.2:1']);
    book.confirm('p', '10.0.0.1:1');
    book.markOwn('10.0.0.1:1');
    expect(book.entries()).toEqual([{ peerId: 'p', addresses: ['10.0.0.2:1'] }]);
    expect(book.mayDial('10.0.0.1:1')).toBe(false);
    expect(book.holderOf('10.0.0.1:1')).toBeUndefined();
  });

  it('an address at which it met itself is its own for a while, and what it announces until it moves', async () => {
    const { book, clock } = setUp();
    book.settle({ allowLoopback: false, ownAddresses: ['10.0.0.1:1'] });
    book.markOwn('10.0.0.2:1');
    book.markOwn('10.0.0.1:1');
    await clock.advance(5 * MINUTE_MS);
    expect(['10.0.0.1:1', '10.0.0.2:1'].map((address) => book.mayDial(address))).toEqual([false, true]);
    book.settle({ allowLoopback: true, ownAddresses: ['10.0.0.3:1'] });
    expect(['10.0.0.1:1', '10.0.0.3:1', '127.0.0.1:1'].map((address) => book.mayDial(address))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('forgets where a peer says it is no more, also as the one that answered', () => {
    const { book } = setUp();
    book.learn('p', ['10.0.0.1:1', '10.0.0.2:1']);
    book.confirm('p', '10.0.0.1:1');
    book.retract('p', ['10.0.0.1:1', '10.0.0.9:1']);
    expect(book.pick('p')).toEqual(['10.0.0.2:1']);
    expect(book.holderOf('10.0.0.1:1')).toBeUndefined();
  });

  it('lists the same while the same is known, whoever is tried next', () => {
    const { book } = setUp();
    book.learn('p', ['10.0.0.1:1', '10.0.0.2:1']);
    const before = book.entries();
    book.pick('p');
    book.learn('p', ['10.0.0.2:1']);
    expect(book.entries()).toBe(before);
    for (const change of [
      () => book.confirm('p', '10.0.0.2:1'),
      () => book.suspend('p', '10.0.0.2:1'),
      () => book.retract('p', ['10.0.0.1:1']),
      () => book.learn('p', ['10.0.0.3:1']),
      () => book.markOwn('10.0.0.3:1'),
      () => book.forget('p'),
    ]) {
      const last = book.entries();
      change();
      expect(book.entries()).not.toBe(last);
    }
  });

  it('stays bounded and keeps the confirmed', () => {
    const { book } = setUp();
    book.confirm('good', '10.9.9.9:1');
    for (let i = 0; i < 9000; i += 1) book.learn(`p${i}`, [`10.1.${i >> 8}.${i & 255}:1`]);
    for (let i = 0; i < 20; i += 1) book.learn('good', [`10.2.0.${i}:1`]);
    expect(book.entries()).toHaveLength(8192);
    const good = book.entries().find(({ peerId }) => peerId === 'good');
    expect(good?.addresses).toHaveLength(8);
    expect(good?.addresses[0]).toBe('10.9.9.9:1');
  });
});
