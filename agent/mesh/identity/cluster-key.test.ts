import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatClusterId, parseClusterId } from './cluster-id.ts';
import {
  clusterKeyFrom,
  formatClusterKeys,
  noisePrologueOf,
  noiseProtocolOf,
  parseClusterKeys,
  probeKeyOf,
} from './cluster-key.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ZERO = clusterKeyFrom(new Uint8Array(32));
const COUNTING = clusterKeyFrom(Uint8Array.from({ length: 32 }, (_, at) => at));

describe('derivations', () => {
  // The wire form stays: these vectors may never change.
  it.each([
    [
      ZERO,
      '9b821396',
      '886c55fe973eab7625a3db904846bfb67ba1e4a6aac7a12fc52c3ecebfe5c57c',
      '6c6071a8fd6f61018f41bb37ede8a0728a1d12b674147ca96c0da43254b1fc9d',
    ],
    [
      COUNTING,
      '5ab409ab',
      '8926970ec9e31fdf919823f2f0a4ad430dea90815fc564db4f498f85ee11992e',
      '3e812aaa88a89ce3b69a78fdfe861686aeb3228bb030ab8815cc71ea4b0b5201',
    ],
  ])('of %#', (key, id, probe, prologue) => {
    expect(key.id).toBe(id);
    expect(hex(probeKeyOf(key))).toBe(probe);
    expect(hex(noisePrologueOf(key))).toBe(prologue);
    expect(noiseProtocolOf(key)).toBe(`/meerkat-noise/1/${id}`);
  });

  it('are HMAC-SHA256 and HKDF-SHA256 as RFC 5869 spells them out', () => {
    const { secret } = COUNTING;
    const hmac = (key: Uint8Array, ...parts: (string | Uint8Array)[]): Buffer =>
      parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest();
    const extracted = hmac(new Uint8Array(32), secret);

    expect(hex(probeKeyOf(COUNTING))).toBe(hmac(extracted, 'meerkat/probe/1', Uint8Array.of(1)).toString('hex'));
    expect(hex(noisePrologueOf(COUNTING))).toBe(hmac(secret, 'meerkat/noise-prologue/1').toString('hex'));
    expect(COUNTING.id).toBe(hmac(secret, 'meerkat/kid/1').subarray(0, 4).toString('hex'));
  });

  it('refuse another length', () => {
    expect(() => clusterKeyFrom(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe('cluster.key', () => {
  it('comes back as it was written, newest first', () => {
    const text = `# made by hand\n\n${formatClusterKeys([COUNTING, ZERO])}`;

    expect(parseClusterKeys(text)).toEqual([COUNTING, ZERO]);
    expect(parseClusterKeys(formatClusterKeys([ZERO]).replace(/\n/, '\r\n'))).toEqual([ZERO]);
  });

  const line = formatClusterKeys([ZERO]).trim();
  it.each([
    ['', /There is no key in it/],
    ['# nothing\n', /There is no key in it/],
    [`${line}\n${line}\n`, /Both keys are the same/],
    [`${line}\n${formatClusterKeys([COUNTING, clusterKeyFrom(new Uint8Array(32).fill(9))])}`, /There are 3 keys/],
    [line.slice(9), /Line 1 is not "<key id>/],
    [`# x\n${line} more`, /Line 2 is not "<key id>/],
    [line.slice(0, -1), /Line 1 holds no key/],
    [line.replace(ZERO.id, '00000000'), /Line 1 says key id 00000000, but its key has another id/],
  ])('refuses %j', (text, message) => {
    expect(() => parseClusterKeys(text)).toThrow(message);
  });

  it('never tells the secret in a complaint', () => {
    const secret = formatClusterKeys([COUNTING]).split(' ')[1]?.trim() ?? '';
    for (const text of [`${ZERO.id} ${secret}`, `x y ${secret}`, secret, `aaaaaaaa ${secret}x`]) {
      let message = '';
      try {
        parseClusterKeys(text);
      } catch (error) {
        message = String(error);
      }
      expect(message).toMatch(/Line 1/);
      expect(message).not.toContain(secret.slice(0, 20));
    }
  });
});

describe('cluster id', () => {
  const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

  it('is 16 bytes', () => {
    expect(hex(parseClusterId(UUID) ?? new Uint8Array())).toBe('0f8fad5bd9cb469fa16570867728950e');
    expect(formatClusterId(parseClusterId(`${UUID.toUpperCase()}\n`) ?? new Uint8Array())).toBe(UUID);
    expect(() => formatClusterId(new Uint8Array(15))).toThrow(RangeError);
  });

  it.each(['', 'kube-system', UUID.slice(1), `${UUID}0`, UUID.replaceAll('-', '')])('is not %j', (text) => {
    expect(parseClusterId(text)).toBeUndefined();
  });
});
