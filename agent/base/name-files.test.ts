import { describe, expect, it } from 'vitest';
import { hostsEntries, searchNames } from './name-files.ts';

const HOSTS = `127.0.0.1 localhost
# 10.0.0.9 seed-1
10.0.0.7\tSeed-1 seed-1.example.org # the first
10.0.0.8 other seed-1
10.0.0.7 seed-1
fd00::7 seed-1
fe80::7%eth0 seed-1
nonsense seed-1
`;

it.each([
  ['seed-1', ['10.0.0.7', '10.0.0.8', 'fd00::7']],
  ['seed-1.example.org', ['10.0.0.7']],
  ['first', []],
  ['seed', []],
])('the hosts file has for %s: %j', (name, expected) => expect(hostsEntries(HOSTS, name)).toEqual(expected));

describe('searchNames', () => {
  const conf = 'domain old\nnameserver 10.0.0.10\nsearch Svc.cluster.local. cluster.local\noptions ndots:5\n';

  it('a name with a dot first as it is, one without first in the domains', () => {
    expect(searchNames(conf, 'a.b')).toEqual(['a.b', 'a.b.svc.cluster.local', 'a.b.cluster.local']);
    expect(searchNames(conf, 'a')).toEqual(['a.svc.cluster.local', 'a.cluster.local', 'a']);
  });

  it('nothing but the name without domains, and not more than a few of them', () => {
    expect(searchNames('', 'a.b')).toEqual(['a.b']);
    expect(searchNames('search .', 'a')).toEqual(['a']);
    expect(searchNames('search a b c d e f', 'n.x')).toHaveLength(5);
  });
});
