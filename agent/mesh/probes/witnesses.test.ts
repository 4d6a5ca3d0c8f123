import { expect, it } from 'vitest';
import { chooseWitnesses, type Witness } from './witnesses.ts';

const witness = (kind: Witness['kind'], host: string): Witness => ({ kind, host, port: 1 });

it('chooses some of each kind, at most ten, never this node', () => {
  const candidates = [
    ...Array.from({ length: 12 }, (_, index) => witness('peer', `192.0.2.${index + 10}`)),
    witness('apiserver', '192.0.2.30'),
    witness('apiserver', '192.0.2.31'),
    witness('gateway', '192.0.2.1'),
  ];
  const chosen = chooseWitnesses(candidates, new Set(['192.0.2.10', '192.0.2.31'])).map(({ host }) => host);
  expect(chosen.slice(0, 4)).toEqual(['192.0.2.11', '192.0.2.30', '192.0.2.1', '192.0.2.12']);
  expect(chosen).toHaveLength(10);
});

it('has nobody to ask where only this node is known', () => {
  expect(chooseWitnesses([witness('apiserver', '192.0.2.1')], new Set(['192.0.2.1']))).toEqual([]);
  expect(chooseWitnesses([], new Set())).toEqual([]);
});
