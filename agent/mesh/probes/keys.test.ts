import { createHmac, hkdfSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { createKeyring, deriveProbeKey } from './keys.ts';

const KEY = Buffer.alloc(32, 7);

it('derives what the wire format says', () => {
  const key = deriveProbeKey(KEY);
  const secret = Buffer.from(hkdfSync('sha256', KEY, '', 'meerkat/probe/1', 32));
  expect(Buffer.from(key.id)).toEqual(createHmac('sha256', KEY).update('meerkat/kid/1').digest().subarray(0, 4));
  expect(Buffer.from(key.mac(Buffer.from('x')))).toEqual(
    createHmac('sha256', secret).update('x').digest().subarray(0, 16),
  );
});

it('finds a key by its id and no other', () => {
  const old = Buffer.alloc(32, 8);
  const ring = createKeyring([KEY, old]);
  expect(ring.find(deriveProbeKey(old).id)).toBe(ring.keys[1]);
  expect(ring.find(deriveProbeKey(Buffer.alloc(32, 9)).id)).toBeUndefined();
});

it('refuses a key of another length', () => {
  expect(() => deriveProbeKey(Buffer.alloc(31))).toThrow('32 bytes');
});
