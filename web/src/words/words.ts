/**
 * The page's own words, in the language of whoever reads it.
 *
 * `words()` gives the catalogue: `words().banner.paused`, `words().count.nodes(3)`. It reads a signal, so a part of the page
 * that calls it while it is drawn is drawn again when the language is switched; pure functions that are called then may use
 * it as well. Never keep what it gave in a constant of a module. A new text is a new key in `en.ts`, in the section of its
 * part of the page, and the same key in `zh.ts`: the compiler asks for it. What depends on values is a function, so that each
 * language has its own order of words. What the agents say (sentences, evidence, reasons, names) stays as it is: put it into
 * an element with `lang="en"`, because the document has the language of the page.
 */
import { signal } from '@preact/signals';
import { en, type Words } from './en.ts';

export type Language = 'en' | 'zh';

/** Another language than English is a file of its own, read by who reads that language. */
let chinese: Words | undefined;
/** What the document says it is written in, BCP 47. */
const TAGS: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-Hans' };
const KEY = 'meerkat-language';

export const language = signal<Language>('en');

/** The catalogue of the language that is chosen. */
export const words = (): Words => (language.value === 'zh' ? chinese : undefined) ?? en;

/**
 * The one that was chosen in this browser, else the first of its languages that there is. Resolves when it is there, or
 * cannot be had: then the page is in English.
 */
export function loadLanguage(): Promise<void> {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; the browser's languages do then.
  }
  return apply(stored === 'en' || stored === 'zh' ? stored : preferredLanguage(navigator.languages));
}

export function chooseLanguage(next: Language): void {
  void apply(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // It holds for this page only.
  }
}

/** `zh-CN, en-US`: zh. */
export function preferredLanguage(tags: readonly string[]): Language {
  for (const tag of tags) {
    const [primary] = tag.toLowerCase().split('-');
    if (primary === 'en' || primary === 'zh') return primary;
  }
  return 'en';
}

async function apply(next: Language): Promise<void> {
  if (next === 'zh') {
    try {
      chinese ??= (await import('./zh.ts')).zh;
    } catch {
      // The agent is gone: what is on show stays as it is.
      return;
    }
  }
  language.value = next;
  document.documentElement.lang = TAGS[next];
}
