import { describe, expect, it } from 'vitest';
import { ownAddresses } from './addresses.ts';

const at = (...hosts: readonly string[]) => ({ listen: hosts.map((host) => ({ host, port: 7576 })) });

describe('ownAddresses', () => {
  it('announces what can be dialled, or what it is told to', () => {
    expect(ownAddresses(at('10.0.0.7', 'fd00::7', '0.0.0.0')).announced).toEqual(['10.0.0.7:7576', '[fd00::7]:7576']);
    expect(ownAddresses({ ...at('10.0.0.7'), announce: ['192.0.2.7:1'] }).announced).toEqual(['192.0.2.7:1']);
    expect([...ownAddresses(at('10.0.0.7')).families]).toEqual(['ipv4']);
  });

  it('probes from its address of a family, and from what the kernel says where it has several', () => {
    expect(ownAddresses(at('10.0.0.7', 'fd00::7')).local).toEqual({ ipv4: '10.0.0.7', ipv6: 'fd00::7' });
    expect(ownAddresses(at('172.17.0.1', '10.0.0.7', 'fd00::7')).local).toEqual({ ipv6: 'fd00::7' });
  });

  it('refuses what is no address', () => {
    expect(() => ownAddresses(at('node-1'))).toThrow(/no IP address/);
  });
});
