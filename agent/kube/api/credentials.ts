/**
 * What an agent shows to the API and what it believes of it: the token of its service account and the cluster's
 * certificate authority. Both are files that the kubelet replaces while the agent runs: a token lives for an hour.
 */
import { type Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';

export interface Credentials {
  /** PEM. Undefined: the API's certificate is verified against what the system trusts. */
  readonly ca?: string;
  /** Undefined: the API is asked as nobody. */
  readonly token?: string;
}

export interface CredentialFiles {
  /** Empty: none. */
  readonly caFile: string;
  readonly tokenFile: string;
}

export interface CredentialDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Rejects with the system's error. */
  readonly readText: (path: string) => Promise<string>;
}

export interface CredentialReader {
  /**
   * As the files are now, or were a moment ago; what was read once holds while it cannot be read.
   *
   * Rejects where the authority cannot be read, and never was: the token would go to whomever the system trusts.
   */
  read(): Promise<Credentials>;
}

/** A token is replaced long before it ends. */
const REREAD_MS = 10_000;
/** The token and CA of a cluster are some kilobytes; what an HTTP header cannot carry is no token. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

export function createCredentials(files: CredentialFiles, deps: CredentialDeps): CredentialReader {
  const token = createTrackedFile(files.tokenFile, deps, (text) =>
    TOKEN.test(text.trim()) ? undefined : 'holds no token',
  );
  const ca = createTrackedFile(files.caFile, deps, (text) =>
    text.includes('-----BEGIN CERTIFICATE-----') ? undefined : 'holds no certificate in PEM',
  );
  return {
    async read() {
      const [theToken, theCa] = await Promise.all([token(), ca()]);
      if (files.caFile !== '' && theCa.text === undefined) throw new Error(theCa.fault);
      return {
        ...(theToken.text !== undefined && { token: theToken.text.trim() }),
        ...(theCa.text !== undefined && { ca: theCa.text }),
      };
    },
  };
}

interface Tracked {
  /** The last good text. */
  readonly text?: string;
  readonly fault?: string;
}

function createTrackedFile(
  path: string,
  { clock, readText }: CredentialDeps,
  faultOf: (text: string) => string | undefined,
): () => Promise<Tracked> {
  let [known, readAt]: [Tracked, number] = [{}, -Infinity];
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    try {
      const text = await readText(path);
      const fault = faultOf(text);
      known = fault === undefined ? { text } : { ...known, fault: `${path} ${fault}` };
    } catch (error) {
      const why = codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be read: ${messageOf(error)}`;
      known = { ...known, fault: `${path} ${why}` };
    }
    readAt = clock.monotonic();
  };
  return async () => {
    if (path !== '' && clock.monotonic() - readAt >= REREAD_MS) {
      reading ??= read().finally(() => (reading = undefined));
      await reading;
    }
    return known;
  };
}
