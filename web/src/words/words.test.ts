import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { watchedEn, watchedZh } from './watched.ts';
import { preferredLanguage } from './words.ts';
import { zh } from './zh.ts';

it.each([
  [['zh-CN', 'en-US'], 'zh'],
  [['de', 'zh-Hant-TW', 'en'], 'zh'],
  [['en-GB', 'zh'], 'en'],
  [['fr'], 'en'],
  [[], 'en'],
])('of %j takes %s', (tags, language) => {
  expect(preferredLanguage(tags)).toBe(language);
});

type Texts = { readonly [key: string]: string | Texts | ((...values: never[]) => string) };

/** Every text by its path; of a function the text with its parameters' places. */
function textsOf(texts: Texts, path = ''): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]) => {
    const place = `${path}${key}`;
    if (typeof value === 'string') return [[place, value] as const];
    if (typeof value !== 'function') return [...textsOf(value, `${place}.`)];
    const values = Array.from({ length: value.length }, (_, index) => String(index + 7));
    return [[place, value(...(values as never[]))] as const];
  });
  return new Map(entries);
}

describe.each([
  ['of the page', en, zh],
  ['of events and alerts', watchedEn, watchedZh],
])('the two catalogues %s', (_, oneLanguage, other) => {
  const [english, chinese] = [textsOf(oneLanguage), textsOf(other)];

  it('have the same texts, also where the compiler does not ask for them', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('leave nothing empty and nothing untranslated', () => {
    expect([...english, ...chinese].filter(([, text]) => text === '')).toEqual([]);
    const latin = [...chinese].filter(([, text]) => !/\p{Script=Han}/u.test(text)).map(([path]) => path);
    expect(latin.filter((path) => !ALIKE.has(path))).toEqual([]);
  });
});

/** Names, signs and figures. */
const ALIKE = new Set([
  'comma',
  'colon',
  'areas.name.dns',
  'past.utc',
  'footer.asJson',
  'footer.prometheus',
  'fleet.group',
  'fleet.old',
  'network.and',
  'network.networks.overlay',
  'network.connected',
]);
