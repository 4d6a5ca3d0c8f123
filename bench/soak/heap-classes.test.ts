import { expect, it } from 'vitest';
import { growthOf, readClasses } from './heap-classes.ts';

/** As V8 writes it, with three of the fields of a node. */
const snapshot = (...nodes: number[][]): string =>
  JSON.stringify({
    snapshot: {
      meta: { node_fields: ['type', 'name', 'self_size'], node_types: [['object', 'string'], 'string', 'number'] },
    },
    nodes: nodes.flat(),
    strings: ['Map', 'some text', 'another'],
  });

it('adds objects up by class, and texts together', () => {
  const classes = readClasses(snapshot([0, 0, 40], [0, 0, 60], [1, 1, 16], [1, 2, 8]));

  expect(Object.fromEntries(classes)).toEqual({
    'object Map': { count: 2, bytes: 100 },
    string: { count: 2, bytes: 24 },
  });
});

it('says what grew, most first', () => {
  const before = readClasses(snapshot([0, 0, 40], [1, 1, 16]));
  const after = readClasses(snapshot([0, 0, 40], [0, 0, 60], [1, 1, 16], [1, 2, 8]));

  expect(growthOf(before, after)).toEqual([
    'heap: 56 -> 124 bytes',
    '  +60 bytes, 1 -> 2: object Map',
    '  +8 bytes, 1 -> 2: string',
  ]);
});
