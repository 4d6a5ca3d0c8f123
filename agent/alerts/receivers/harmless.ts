/** Names and sentences from elsewhere, made harmless for a chat: no link, no mention, no heading, no second line. */
import { cleanText } from '../../model/text.ts';

/** Beside what cleanText takes: separators of lines, and characters that have no width. */
const UNSEEN = /[\p{Cf}\p{Zl}\p{Zp}]+/gu;
/** What means something in Markdown anywhere in a line; `_` only where it does not stand within a word. */
const MARKUP = /[\\`*[\]<>~|!#&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/**
 * For a message of plain text. `@` would call people, of `://` a client makes a link, and some read Markdown everywhere.
 *
 * @param maxLength of characters
 */
export const harmlessText = (text: string, maxLength = 300): string =>
  cleanText(text.replaceAll(UNSEEN, ' '), maxLength)
    .replaceAll('@', '＠')
    .replaceAll('://', ': //')
    .replaceAll('](', '] (');

/** For Markdown. A client that knows no escapes shows the backslashes, and makes no link either. */
export const harmlessMarkdown = (text: string, maxLength = 300): string =>
  harmlessText(text, maxLength).replaceAll(MARKUP, String.raw`\$&`);
