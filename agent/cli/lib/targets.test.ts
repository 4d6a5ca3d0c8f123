import { expect, it } from 'vitest';
import { targetsOf } from './targets.ts';

const target = { host: '127.0.0.1', port: 7575, tokenFile: '/t' };
const of = (from: string | undefined) => targetsOf(from, target, { usage: 'Usage: meerkat x\n' });

it('is the one target unless several are named', () => {
  expect(of(undefined)).toEqual([target]);
});

it('takes names and addresses with or without a port, each once, with the same token', () => {
  expect(of('m1, 10.0.0.7:80,[fd00::7]:81,fd00::8,m1')).toEqual([
    { host: 'm1', port: 7575, tokenFile: '/t' },
    { host: '10.0.0.7', port: 80, tokenFile: '/t' },
    { host: 'fd00::7', port: 81, tokenFile: '/t' },
    { host: 'fd00::8', port: 7575, tokenFile: '/t' },
  ]);
});

it.each(['', 'm1,', 'm1:0', 'http://m1', 'a b'])('%j is a mistake that shows the usage', (from) => {
  expect(() => of(from)).toThrow(/^--from is HOST or HOST:PORT[^]*Usage: meerkat x/);
});

it('bounds how many are asked', () => {
  expect(() => of(Array.from({ length: 21 }, (_, index) => `n${index}`).join(','))).toThrow('20 at most');
});
