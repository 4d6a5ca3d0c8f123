import { describe, expect, it } from 'vitest';
import type { NameAnswer } from './lookup.ts';
import { createSocketLookup } from './socket-lookup.ts';

const BOTH: NameAnswer = { ipv4: ['10.0.0.7', '10.0.0.8'], ipv6: ['fd00::7'] };

/** What a socket is told: addresses, or the error. */
function ask(answer: NameAnswer, options: object, hostname = 'Shop.Example.'): Promise<unknown> {
  const asked: string[] = [];
  const lookup = createSocketLookup(async (name) => {
    asked.push(name);
    return answer;
  });
  return new Promise((resolve) => {
    lookup(hostname, options, (error, address, family) => resolve([error ?? address, family, asked]));
  });
}

describe('a name for a socket', () => {
  it('has all addresses, or those of the family that is asked for', async () => {
    expect(await ask(BOTH, { all: true })).toEqual([
      [
        { address: '10.0.0.7', family: 4 },
        { address: '10.0.0.8', family: 4 },
        { address: 'fd00::7', family: 6 },
      ],
      undefined,
      ['shop.example'],
    ]);
    expect(await ask(BOTH, {})).toEqual(['10.0.0.7', 4, ['shop.example']]);
    expect(await ask(BOTH, { family: 6 })).toEqual(['fd00::7', 6, ['shop.example']]);
    expect(await ask(BOTH, { family: 'IPv6' })).toEqual(['fd00::7', 6, ['shop.example']]);
  });

  it('is this machine for localhost, and nobody is asked', async () => {
    const none: NameAnswer = { ipv4: 'no-such-name', ipv6: 'no-such-name' };
    expect(await ask(none, {}, 'LOCALHOST')).toEqual(['127.0.0.1', 4, []]);
  });

  it.each<[NameAnswer, object, string, string]>([
    [{ ipv4: 'no-such-name', ipv6: 'no-such-name' }, {}, 'ENOTFOUND', 'DNS knows no such name'],
    [{ ipv4: 'no-addresses', ipv6: 'no-addresses' }, {}, 'ENOTFOUND', 'the name has no address'],
    [{ ipv4: 'no-addresses', ipv6: 'no-server' }, {}, 'EAI_AGAIN', 'no DNS server answers for the name'],
    [{ ipv4: ['10.0.0.7'], ipv6: 'no-addresses' }, { family: 6 }, 'ENOTFOUND', 'the name has no address'],
  ])('says why it has none: %j', async (answer, options, code, message) => {
    const [error] = (await ask(answer, options)) as unknown[];
    expect(error).toMatchObject({ code, message });
  });
});
