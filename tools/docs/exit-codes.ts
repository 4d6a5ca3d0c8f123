/** docs/exit-codes.md: what a script may conclude from how a command ended. */
import { EXIT_CODES } from '../../agent/base/errors.ts';
import { code, page, table } from './markdown.ts';

export const exitCodesPage = (): string =>
  page(
    '# Exit codes',
    '`meerkat health` and `meerkat check` answer with the state of what they looked at:',
    table(
      ['Code', 'Meaning'],
      [
        ['0', 'Looked, and it is fine.'],
        ['1', 'There is a problem; for `health` one that is at least as grave as `--fail-on`.'],
        ['2', 'Unknown: could not look, or the answer is too old to be believed. Never the same as fine.'],
      ],
    ),
    'Every other command, and these two when they cannot do what they were asked to:',
    table(
      ['Code', 'Name', 'Meaning'],
      Object.entries(EXIT_CODES).map(([name, { code: number, meaning }]) => [String(number), code(name), meaning]),
    ),
  );
