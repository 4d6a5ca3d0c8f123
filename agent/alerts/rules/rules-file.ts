/**
 * The file of rules, looked at every few seconds: what is in it takes the place of the rules before without a restart, and
 * while anything is wrong with it the rules before hold. A ConfigMap that is mounted is another file behind the same name
 * when it changes; a mount of one entry of it (`subPath`) never changes.
 */
import { messageOf } from '../../base/errors.ts';
import type { RulesFileState } from '../../model/rule-alert.ts';
import { builtInRules, withBuiltIn } from './built-in.ts';
import { readRules } from './read-rules.ts';
import type { Rule } from './types.ts';

export interface FileStat {
  readonly mtimeMs: number;
  readonly ino: number;
  readonly size: number;
  readonly isFile: boolean;
}

export interface RulesFileDeps {
  readonly clock: {
    readonly now: () => number;
    readonly monotonic: () => number;
    readonly every: (periodMs: number, action: () => void) => () => void;
  };
  /** Both reject with the system's error. */
  readonly stat: (path: string) => Promise<FileStat>;
  readonly read: (path: string) => Promise<string>;
  /** Names of the receivers that there are. */
  readonly receivers: readonly string[];
  /** Called with all rules that hold from now on: at first, and when they change. */
  readonly onRules: (rules: readonly Rule[]) => void;
  /** Called when other mistakes are found than before; with none when there are none any more. */
  readonly onMistakes: (mistakes: readonly string[]) => void;
}

export interface RulesFile {
  /** Gives the rules that hold without the file at once, and begins to look. Resolves when it was looked at for the first time. */
  start(): Promise<void>;
  stop(): void;
  /** Resolves when the file was looked at. */
  look(): Promise<void>;
  /** Undefined: none is set. */
  state(): RulesFileState | undefined;
}

export interface RulesSettings {
  /** Empty: none. */
  readonly file: string;
  readonly builtIn: boolean;
}

export const LOOK_AT_FILE_MS = 5000;
/** Read though it looks the same: a file may be written twice within the same tick of its clock. */
const READ_ANYWAY_MS = 60_000;
const HANGS_MS = 30_000;
const MAX_BYTES = 1024 * 1024;

export function createRulesFile({ file: path, builtIn }: RulesSettings, deps: RulesFileDeps): RulesFile {
  const { clock, onRules, onMistakes } = deps;
  let text: string | undefined;
  let version = '';
  let readMs = -Infinity;
  let readAt: number | undefined;
  let mistakes: readonly string[] = [];
  let isHung = false;
  let lookingMs: number | undefined;
  let stopLooking = (): void => {};

  const say = (found: readonly string[]): void => {
    const isSame = found.join('\n') === mistakes.join('\n');
    mistakes = found;
    if (!isSame) onMistakes(found);
  };
  const take = (content: string): void => {
    const read = readRules(content, path, { receivers: deps.receivers });
    if ('rules' in read) {
      readAt = clock.now();
      onRules(builtIn ? withBuiltIn(read.rules) : read.rules);
    }
    say('rules' in read ? [] : read.mistakes);
  };
  const hang = (): void => {
    isHung = true;
    say([`${path}: cannot be read: its disk does not answer.`]);
  };
  const look = async (): Promise<void> => {
    // One at a time: on a stalled disk only one read hangs.
    if (lookingMs !== undefined && clock.monotonic() - lookingMs > HANGS_MS) hang();
    if (path === '' || lookingMs !== undefined) return;
    lookingMs = clock.monotonic();
    try {
      const { mtimeMs, ino, size, isFile } = await deps.stat(path);
      if (!isFile) throw new Error('it is no file');
      if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
      const current = `${mtimeMs} ${ino} ${size}`;
      if (current === version && clock.monotonic() - readMs < READ_ANYWAY_MS && !isHung) return;
      const content = await deps.read(path);
      [version, readMs] = [current, clock.monotonic()];
      if (content === text && !isHung) return;
      isHung = false;
      text = content;
      take(content);
    } catch (error) {
      // What was read before is read again when it can be: the mistake is gone then.
      [text, version] = [undefined, ''];
      say([`${path}: cannot be read: ${messageOf(error)}.`]);
    } finally {
      lookingMs = undefined;
    }
  };

  return {
    async start() {
      onRules(builtIn ? builtInRules() : []);
      if (path === '') return;
      stopLooking = clock.every(LOOK_AT_FILE_MS, () => void look());
      await look();
    },
    stop: () => stopLooking(),
    look,
    state: () => (path === '' ? undefined : { path, ...(readAt !== undefined && { readAt }), mistakes }),
  };
}
