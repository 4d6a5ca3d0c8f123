/** The identity file on a disk that may be full, read-only, frozen or damaged. */
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { OutOfTime, bounded } from './bounded.ts';
import type { SecretFiles } from './durable-file.ts';
import { type StoredIdentity, formatIdentity, parseIdentity } from './identity-file.ts';

/** Something about the identity that an operator should be told, each at most once a start. */
export interface IdentityNotice {
  readonly kind:
    | 'first-start'
    | 'other-machine'
    | 'other-name'
    | 'other-cluster'
    | 'corrupt'
    | 'unreadable'
    | 'not-kept';
  readonly message: string;
}

export interface FoundIdentity {
  /** Undefined: there is none that can be used. */
  readonly identity?: StoredIdentity;
  readonly notices: readonly IdentityNotice[];
}

export interface IdentityStorage {
  /** Never rejects. A file that cannot be used is set aside, at the latest before the next write. */
  read(): Promise<FoundIdentity>;
  /** Undefined when it is on the disk, else why not, as a sentence. Never rejects. */
  write(identity: StoredIdentity): Promise<string | undefined>;
  /** Keeps the file under another name. Never rejects. */
  setAside(why: 'corrupt' | 'spent'): Promise<void>;
}

export interface IdentityBounds {
  readonly readMs: number;
  readonly writeMs: number;
}

export function createIdentityStorage(
  path: string,
  { readMs, writeMs }: IdentityBounds,
  { files, clock }: { readonly files: SecretFiles; readonly clock: Clock },
): IdentityStorage {
  /** A file is in the way that was never read: it may be good, and no write may destroy it. */
  let unusable: 'corrupt' | undefined;
  let writing: Promise<void> | undefined;

  const asideName = (why: string): string =>
    `${path}.${why}-${new Date(clock.now()).toISOString().replaceAll(/[-:]/g, '')}`;
  const moveAside = async (why: 'corrupt' | 'spent'): Promise<void> => {
    await files.rename(path, asideName(why)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    unusable = undefined;
  };
  const setAside = (why: 'corrupt' | 'spent'): Promise<void> =>
    bounded(clock, writeMs, moveAside(why)).catch(() => undefined);
  const writeNow = async (identity: StoredIdentity): Promise<void> => {
    if (unusable !== undefined) await moveAside(unusable);
    await files.writeDurably(path, formatIdentity(identity));
  };

  return {
    setAside,
    async read() {
      let text: string;
      try {
        text = await bounded(clock, readMs, files.readText(path));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return { notices: [firstStart(path)] };
        unusable = 'corrupt';
        // A disk that does not even read would hold up the renaming too.
        if (!(error instanceof OutOfTime)) await setAside(unusable);
        return { notices: [notice('unreadable', `The identity file ${path} cannot be read: ${messageOf(error)}.`)] };
      }
      try {
        return { identity: parseIdentity(text), notices: [] };
      } catch (error) {
        unusable = 'corrupt';
        await setAside(unusable);
        return { notices: [notice('corrupt', `The identity file ${path} is damaged: ${messageOf(error)}.`)] };
      }
    },
    async write(identity) {
      // One after the other: a late write must never put an older boot over a newer one.
      if (writing !== undefined) return `The identity file ${path} is still being written: the disk does not answer.`;
      writing = writeNow(identity).finally(() => {
        writing = undefined;
      });
      try {
        await bounded(clock, writeMs, writing);
        return undefined;
      } catch (error) {
        return `The identity file ${path} cannot be written: ${messageOf(error)}.`;
      }
    },
  };
}

const notice = (kind: IdentityNotice['kind'], what: string): IdentityNotice => ({
  kind,
  message: `${what} It is kept under another name, and this agent makes a new key.`,
});

const firstStart = (path: string): IdentityNotice => ({
  kind: 'first-start',
  message: `There is no identity file ${path}: this agent makes a new key.`,
});
