import { type TSchema, Type } from 'typebox';
import { expect, it } from 'vitest';
import { allowedText, nearest, showValue } from './text.ts';

it.each<[TSchema, string]>([
  [Type.Boolean(), 'true or false'],
  [Type.Integer({ minimum: 0, maximum: 9 }), 'an integer from 0 to 9'],
  [Type.Number({ exclusiveMinimum: 0 }), 'a number above 0'],
  [Type.Number({ minimum: 1, exclusiveMaximum: 2 }), 'a number of at least 1 and below 2'],
  [Type.String(), 'a text'],
  [Type.String({ minLength: 1 }), 'a text that is not empty'],
  [Type.String({ minLength: 2, maxLength: 3 }), 'a text of at least 2 and at most 3 characters'],
  [Type.String({ pattern: '^a' }), 'a text that matches ^a'],
  [Type.String({ pattern: '^a', expects: 'a name' }), 'a name'],
  [Type.Union([Type.Literal('a'), Type.Literal('b'), Type.Integer()]), '"a", "b" or an integer'],
  [
    Type.Array(Type.Integer(), { minItems: 1, uniqueItems: true }),
    'a list (at least 1, no two the same), each an integer',
  ],
  [Type.Object({ a: Type.String(), b: Type.String() }), 'a mapping of a, b'],
  [Type.Record(Type.String(), Type.String()), 'a mapping with free names, each value a text'],
])('says what %j allows', (schema, text) => {
  expect(allowedText(schema)).toBe(text);
});

it.each<[unknown, string]>([
  ['x', '"x"'],
  [null, 'nothing'],
  [1.5, '1.5'],
  [{ a: [1] }, '{"a":[1]}'],
  ['\u001b[31m\u202e', '"\\u001b[31m?"'],
  ['y'.repeat(100), `"${'y'.repeat(59)}…`],
])('shows %j', (value, text) => {
  expect(showValue(value)).toBe(text);
});

it.each([
  ['prot', 'port'],
  ['token-file', 'tokenFile'],
  ['TOKENFILE', 'tokenFile'],
  ['acess', 'access'],
  ['levels', 'level'],
  ['x', undefined],
  ['nothinglike', undefined],
])('for %s it means %s', (given, meant) => {
  expect(nearest(given, ['port', 'tokenFile', 'access', 'level'])).toBe(meant);
});
