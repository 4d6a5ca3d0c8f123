/** What commands print. */

const RED = '\u001b[31m';
const YELLOW = '\u001b[33m';
const GREEN = '\u001b[32m';
const RESET = '\u001b[0m';

const COLOURS: Readonly<Record<string, string>> = {
  CRITICAL: RED,
  PROBLEM: RED,
  DEGRADED: YELLOW,
  UNKNOWN: YELLOW,
  OVERDUE: YELLOW,
  UNREACHABLE: RED,
  'AGENT-DOWN': RED,
  'AGENT-UNRESPONSIVE': RED,
  SUSPECT: YELLOW,
  HEALTHY: GREEN,
};

const WORDS = new RegExp(`(^|  )(${Object.keys(COLOURS).join('|')})(?=  |$)`, 'gm');

/** Colours the words of state that stand in a column of their own. */
export const colour = (text: string): string =>
  text.replace(WORDS, (_, before: string, word: string) => `${before}${COLOURS[word] ?? ''}${word}${RESET}`);

/** The first line broken at blanks, for a terminal that is narrower than the sentence: it would break inside words. */
export function foldHead(text: string, columns: number): string {
  const [head = '', ...rest] = text.split('\n');
  const lines = [''];
  for (const word of head.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > columns) lines.push(`  ${word}`);
    else lines[lines.length - 1] = lines.length === 1 && line === '' ? word : `${line} ${word}`;
  }
  return [...lines, ...rest].join('\n');
}

/** Columns of the terminal that is written to; Infinity where there is none. */
export const columnsOf = ({ isTTY, columns }: Partial<NodeJS.WriteStream>): number =>
  isTTY === true && columns !== undefined && columns > 20 ? columns : Infinity;

/** True for a terminal that wants colours. https://no-color.org */
export const wantsColour = ({ stdout, env }: Pick<NodeJS.Process, 'stdout' | 'env'> = process): boolean =>
  stdout.isTTY && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb';

/** Writes to standard output, in colour on a terminal that wants it. */
export function print(text: string): Promise<void> {
  const { stdout } = process;
  return new Promise((resolve) => {
    // A reader that closes early (head) has what it wanted.
    stdout.once('error', () => resolve());
    stdout.write(wantsColour() ? colour(text) : text, () => resolve());
  });
}
