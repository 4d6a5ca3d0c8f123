import { describe, expect, it } from 'vitest';
import { type HostAddresses, chooseAddresses, presentAddresses } from './choose-addresses.ts';
import { parsePassing } from './host-addresses.ts';

const host = (devices: Readonly<Record<string, readonly string[]>>, ...sources: readonly string[]): HostAddresses => ({
  all: Object.entries(devices).flatMap(([device, list]) => list.map((address) => ({ device, host: address }))),
  sources,
  passing: new Set(),
});

describe('chooseAddresses', () => {
  it('takes those from which the default routes lead, never those of containers', () => {
    const devices = { docker0: ['172.17.0.1'], cni0: ['10.244.0.1'], eth0: ['10.0.0.7', '10.0.0.100', 'fd00::7'] };
    expect(chooseAddresses([], host(devices, '10.0.0.7', 'fd00::7'))).toEqual(['10.0.0.7', 'fd00::7']);
    expect(chooseAddresses([], host(devices))).toEqual(['10.0.0.7', 'fd00::7']);
    expect(chooseAddresses([], host({ docker0: ['172.17.0.1'] }))).toEqual(['127.0.0.1']);
    expect(chooseAddresses([], host({}))).toEqual(['127.0.0.1']);
  });

  it('stays where it is while that is there, whatever other address comes', () => {
    const devices = { eth0: ['10.0.0.7', '10.0.0.100'], eth1: ['10.1.0.7'] };
    expect(chooseAddresses(['10.0.0.7'], host(devices, '10.1.0.7'))).toEqual(['10.0.0.7']);
    expect(chooseAddresses(['10.0.0.7'], host({ ...devices, eth2: ['fd00::7'] }, '10.1.0.7', 'fd00::7'))).toEqual([
      '10.0.0.7',
      'fd00::7',
    ]);
  });

  it('follows to the new address, and keeps the old one while there is none', () => {
    expect(chooseAddresses(['10.0.0.7', 'fd00::7'], host({}))).toEqual(['10.0.0.7', 'fd00::7']);
    const moved = host({ eth0: ['10.0.0.8'] }, '10.0.0.8');
    expect(chooseAddresses(['10.0.0.7', 'fd00::7'], moved)).toEqual(['10.0.0.8', 'fd00::7']);
    expect(chooseAddresses(['10.0.0.7'], host({ eth1: ['10.9.0.7'] }))).toEqual(['10.0.0.7']);
    expect(chooseAddresses(['127.0.0.1'], moved)).toEqual(['10.0.0.8']);
  });

  it('takes no address that lasts for a day, where its device has another one', () => {
    const devices = host({ eth0: ['fd00::abcd', 'fd00::7'], eth1: ['fd01::7'] }, 'fd00::abcd');
    expect(chooseAddresses([], { ...devices, passing: new Set(['fd00::abcd']) })).toEqual(['fd00::7']);
    expect(chooseAddresses([], { ...devices, passing: new Set(['fd00::abcd', 'fd00::7']) })).toEqual(['fd00::abcd']);
  });
});

it('has those of the configured addresses that are here', () => {
  const here = host({ eth0: ['10.0.0.7'] });
  expect(presentAddresses(['10.0.0.100', '10.0.0.7'], [], here)).toEqual(['10.0.0.7']);
  expect(presentAddresses(['10.0.0.100'], [], here)).toEqual(['10.0.0.100']);
  expect(presentAddresses(['10.0.0.100', '10.0.0.101'], ['10.0.0.101'], here)).toEqual(['10.0.0.101']);
  for (const special of ['127.0.0.5', '::1', '::', '0.0.0.0'])
    expect(presentAddresses([special], [], here)).toEqual([special]);
});

it('reads which IPv6 addresses are passing', () => {
  const text = [
    'fd000000000000000000000000000007 02 40 00 80     eth0',
    'fd00000000000000abcdabcdabcdabcd 02 40 00 01     eth0',
    'fd000000000000000000000000000008 02 40 00 a0     eth0',
    '00000000000000000000000000000001 01 80 10 80       lo',
    '',
  ].join('\n');
  expect([...parsePassing(text)]).toEqual(['fd00::abcd:abcd:abcd:abcd', 'fd00::8']);
});
