/** docs/exit-codes.md: what a script may conclude from how a command ended. */
import { EXIT_CODES } from '../../agent/base/errors.ts';
import { code, page, table } from './markdown.ts';

export const exitCodesPage = (): string =>
  page(
    '# Exit codes',
    '`meerkat health`, `meerkat check`, `meerkat alerts` and `meerkat rules` answer with the state of what they looked at:',
    table(
      ['Code', 'Meaning'],
      [
        ['0', 'Looked, and it is fine.'],
        [
          '1',
          'There is a problem; for `health` one that is at least as grave as `--fail-on`; for `alerts` a rule fires, for `rules` their file has mistakes, for `rules test` something would have been told.',
        ],
        [
          '2',
          'Unknown: could not look, or the answer is too old to be believed; for `alerts`, `rules` and `events` also that no agent could be asked, and for `rules test` that the file has mistakes. Never the same as fine.',
        ],
      ],
    ),
    'Every other command, and these when they cannot do what they were asked to:',
    table(
      ['Code', 'Name', 'Meaning'],
      Object.entries(EXIT_CODES).map(([name, { code: number, meaning }]) => [String(number), code(name), meaning]),
    ),
  );
