import { describe, expect, it } from 'vitest';
import { columnsOf, moveIn, visibleRange } from './grid.ts';

describe('rows in view', () => {
  it.each([
    [{ top: 0, height: 360 }, 1000, { first: 0, end: 14 }],
    [{ top: 3600, height: 360 }, 1000, { first: 96, end: 114 }],
    [{ top: 35_640, height: 360 }, 1000, { first: 986, end: 1000 }],
    [{ top: 0, height: 360 }, 3, { first: 0, end: 3 }],
    [{ top: 0, height: 0 }, 1000, { first: 0, end: 4 }],
    [{ top: 0, height: 360 }, 0, { first: 0, end: 0 }],
  ])('at %j of %i', (view, count, range) => {
    expect(visibleRange(view, 36, count, 4)).toEqual(range);
  });

  it('are the last ones when a filter took the others away', () => {
    const range = visibleRange({ top: 35_640, height: 360 }, 36, 20, 4);
    expect(range).toEqual({ first: 6, end: 20 });
  });
});

it('has the columns in the order of the catalogue, and what it does not know behind', () => {
  const known = new Map([
    ['mine', 'My own'],
    ['dns', 'Cluster DNS'],
    ['etcd', 'etcd'],
  ]);
  const listed = ['etcd', 'apiserver', 'dns'].map((check) => ({
    check,
    title: check,
    description: '',
    intervalSeconds: 1,
    readings: [],
    reasons: [],
  }));
  expect(columnsOf(known, { checks: listed }).map(({ check }) => check)).toEqual(['etcd', 'dns', 'mine']);
  expect(columnsOf(known, undefined)[0]).toEqual({ check: 'mine', title: 'My own' });
});

describe('keys', () => {
  const size = { rows: 100, columns: 23, page: 15 };
  const key = (name: string, ctrlKey = false) => ({ key: name, ctrlKey });
  it.each([
    ['ArrowDown', false, { row: 6, column: 3 }],
    ['ArrowUp', false, { row: 4, column: 3 }],
    ['ArrowLeft', false, { row: 5, column: 2 }],
    ['ArrowRight', false, { row: 5, column: 4 }],
    ['PageDown', false, { row: 20, column: 3 }],
    ['PageUp', false, { row: 0, column: 3 }],
    ['Home', false, { row: 5, column: 0 }],
    ['End', false, { row: 5, column: 22 }],
    ['Home', true, { row: 0, column: 0 }],
    ['End', true, { row: 99, column: 22 }],
  ])('%s (ctrl: %s)', (name, ctrl, position) => {
    expect(moveIn({ row: 5, column: 3 }, key(name, ctrl), size)).toEqual(position);
  });

  it('stay inside, and leave the others alone', () => {
    expect(moveIn({ row: 99, column: 22 }, key('ArrowDown'), size)).toEqual({ row: 99, column: 22 });
    expect(moveIn({ row: 0, column: 0 }, key('Enter'), size)).toBeUndefined();
    expect(moveIn({ row: 0, column: 0 }, key('Tab'), size)).toBeUndefined();
  });
});
