import { expect, it } from 'vitest';
import { chooseWitnesses, type Witness } from './witnesses.ts';

const witness = (kind: Witness['kind'], host: string): Witness => ({ kind, host, port: 1 });

it('chooses some of each kind, at most six, never this node', () => {
  const candidates = [
    ...['192.0.2.10', '192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.14'].map((host) => witness('peer', host)),
    witness('apiserver', '192.0.2.20'),
    witness('apiserver', '192.0.2.21'),
    witness('gateway', '192.0.2.1'),
  ];
  const chosen = chooseWitnesses(candidates, new Set(['192.0.2.10', '192.0.2.21'])).map(({ host }) => host);
  expect(chosen).toEqual(['192.0.2.11', '192.0.2.20', '192.0.2.1', '192.0.2.12', '192.0.2.13', '192.0.2.14']);
});

it('has nobody to ask where only this node is known', () => {
  expect(chooseWitnesses([witness('apiserver', '192.0.2.1')], new Set(['192.0.2.1']))).toEqual([]);
  expect(chooseWitnesses([], new Set())).toEqual([]);
});
