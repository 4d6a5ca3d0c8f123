import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { createNameLookup } from './lookup.ts';

/** Addresses, a code of c-ares, or `hangs`. */
type Answer = readonly string[] | string;

const failing = (code: string): Error => Object.assign(new Error(code), { code });

/** `zone` says what is answered for `4 name` and `6 name`; anything else does not exist. */
function setUp(zone: Readonly<Record<string, Answer>>, files: Readonly<Record<string, string>> = {}) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const reads: string[] = [];
  const openResolver = () => {
    const waiting = new Set<(error: Error) => void>();
    const resolve = (question: string): Promise<string[]> => {
      asked.push(question);
      const answer = zone[question] ?? 'ENOTFOUND';
      if (answer === 'hangs') return new Promise((_, reject) => waiting.add(reject));
      return typeof answer === 'string' ? Promise.reject(failing(answer)) : Promise.resolve([...answer]);
    };
    return {
      resolve4: ((name: string) => resolve(`4 ${name}`)) as never,
      resolve6: ((name: string) => resolve(`6 ${name}`)) as never,
      cancel: () => waiting.forEach((reject) => reject(failing('ECANCELLED'))),
    };
  };
  const readText = (path: string): Promise<string> => {
    reads.push(path);
    const text = files[path];
    if (text === 'hangs') return new Promise(() => {});
    return text === undefined ? Promise.reject(failing('ENOENT')) : Promise.resolve(text);
  };
  return { clock, asked, reads, lookup: createNameLookup({ clock, openResolver, readText }) };
}

describe('createNameLookup', () => {
  it('asks for both families', async () => {
    const { lookup } = setUp({ '4 seed.x': ['10.0.0.7', '10.0.0.8'], '6 seed.x': ['fd00::7'] });
    expect(await lookup('seed.x')).toEqual({ ipv4: ['10.0.0.7', '10.0.0.8'], ipv6: ['fd00::7'] });
  });

  it.each([
    ['ENOTFOUND', 'no-such-name'],
    ['ENODATA', 'no-addresses'],
    ['ESERVFAIL', 'no-server'],
    ['ECONNREFUSED', 'no-server'],
    ['ETIMEOUT', 'no-server'],
  ])('%s is %s', async (code, fault) => {
    const { lookup } = setUp({ '4 seed.x': code, '6 seed.x': code });
    expect(await lookup('seed.x')).toEqual({ ipv4: fault, ipv6: fault });
  });

  it('one family is enough', async () => {
    const { lookup } = setUp({ '4 seed.x': 'ENODATA', '6 seed.x': ['fd00::7'] });
    expect(await lookup('seed.x')).toEqual({ ipv4: 'no-addresses', ipv6: ['fd00::7'] });
  });

  it('the hosts file comes first, and costs no question', async () => {
    const { lookup, asked } = setUp({}, { '/etc/hosts': '10.0.0.7 seed-1\nfd00::7 seed-1\n' });
    expect(await lookup('seed-1')).toEqual({ ipv4: ['10.0.0.7'], ipv6: ['fd00::7'] });
    expect(asked).toEqual([]);
  });

  it('goes through the search domains until one has it', async () => {
    const files = { '/etc/resolv.conf': 'search a.x b.x c.x\n' };
    const { lookup, asked } = setUp({ '4 seed.b.x': ['10.0.0.7'], '6 seed.b.x': 'ENODATA' }, files);
    expect(await lookup('seed')).toEqual({ ipv4: ['10.0.0.7'], ipv6: 'no-addresses' });
    expect(asked).toEqual(['4 seed.a.x', '6 seed.a.x', '4 seed.b.x', '6 seed.b.x']);
  });

  it('does not ask a server that is silent for the next name', async () => {
    const files = { '/etc/resolv.conf': 'search a.x b.x\n' };
    const { lookup, asked } = setUp({ '4 seed.a.x': 'ETIMEOUT' }, files);
    expect((await lookup('seed')).ipv4).toBe('no-server');
    expect(asked).toHaveLength(2);
  });

  it('ends after two seconds whatever hangs', async () => {
    const { lookup, clock } = setUp({ '4 seed.x': 'hangs', '6 seed.x': ['fd00::7'] });
    const answer = lookup('seed.x');
    await clock.advance(2500);
    expect(await answer).toEqual({ ipv4: 'no-server', ipv6: ['fd00::7'] });
    expect(clock.pendingTimers()).toBe(0);
  });

  it('a disk that hangs takes a moment, once it is asked only, and DNS answers all the same', async () => {
    const files = { '/etc/hosts': 'hangs', '/etc/resolv.conf': 'hangs' } as const;
    const { lookup, clock, reads } = setUp({ '4 seed.x': ['10.0.0.7'] }, files);
    for (const _round of [1, 2, 3]) {
      const answer = lookup('seed.x');
      await clock.advance(400);
      expect((await answer).ipv4).toEqual(['10.0.0.7']);
    }
    expect(reads).toHaveLength(2);
  });
});
