import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { createScene } from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import { ElsewhereSchema } from './contract/overview.ts';
import { presentElsewhere } from './present-elsewhere.ts';

const OPTIONS = { port: 7575, address: '', tlsCertFile: '' };
const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];

/** With addresses `10.0.0.1` and so on, by their place among the names. */
function addressed(state: ClusterState, names: readonly string[], host = (place: number) => `10.0.0.${place}`) {
  const addressesOf = (node: string): readonly string[] => [`${host(names.indexOf(node) + 1)}:7576`];
  return { ...state, mesh: { ...state.mesh!, addressesOf } };
}

it('tells of others of both sides where their pages are, and of none whose agent does not run', () => {
  const elsewhere = presentElsewhere(
    addressed(
      createScene([...NAMES, 'w3'])
        .powerOff('m1', 'm2')
        .kill('w3')
        .from('w1'),
      NAMES,
    ),
    OPTIONS,
  );

  expect(elsewhere.map(({ node, connected, urls }) => `${node} ${connected} ${urls.join()}`)).toEqual([
    'm3 true http://10.0.0.3:7575/',
    'w2 true http://10.0.0.5:7575/',
    'm1 false http://10.0.0.1:7575/',
    'm2 false http://10.0.0.2:7575/',
  ]);
  expect(elsewhere.flatMap((one) => [...Value.Errors(ElsewhereSchema, one)])).toEqual([]);
});

it('writes IPv6 addresses and TLS as a browser wants them', () => {
  const state = addressed(createScene(['a', 'b']).from('a'), ['a', 'b'], (place) => `[fd00::${place}]`);
  const [other] = presentElsewhere(state, { ...OPTIONS, tlsCertFile: '/tls.crt' });

  expect(other?.urls).toEqual(['https://[fd00::2]:7575/']);
});

it('says nothing that it does not know: no mesh, a port of no choice, a listener for this machine only', () => {
  const state = addressed(createScene(NAMES).from('w1'), NAMES);
  const { mesh: _mesh, ...alone } = state;

  expect(presentElsewhere(alone, OPTIONS)).toEqual([]);
  const urls = (changes: Partial<typeof OPTIONS>): readonly string[] =>
    presentElsewhere(state, { ...OPTIONS, ...changes }).flatMap((other) => other.urls);
  expect(urls({}).length).toBe(4);
  expect(urls({ port: 0 })).toEqual([]);
  expect(urls({ address: '127.0.0.1' })).toEqual([]);
  const onLoopback = addressed(createScene(NAMES).from('w1'), NAMES, (place) => `127.0.0.${place}`);
  expect(presentElsewhere(onLoopback, { ...OPTIONS, address: '127.0.0.4' }).length).toBe(4);
});

it('names a few of many, from all over', () => {
  const names = Array.from({ length: 100 }, (_, place) => `w${place}`);
  const nodes = presentElsewhere(addressed(createScene(names).from('w0'), names), OPTIONS).map(({ node }) => node);

  expect(nodes.length).toBe(8);
  const places = nodes.map((name) => Number(name.slice(1)));
  expect(Math.min(...places.slice(1).map((place, index) => place - places[index]!))).toBeGreaterThanOrEqual(12);
});
