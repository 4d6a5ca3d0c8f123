/** Certificates for tests, made by openssl(1). */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Credential {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface CredentialFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  /** PEM. */
  readonly ca: string;
  readonly caFile: string;
  /** A certificate for the subjects, for servers and clients alike. @param days how long it is good; below 0 it is over */
  issue(name: string, days?: number): Promise<Credential & CredentialFiles>;
}

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** What the certificates are for. */
export interface Subjects {
  readonly addresses: readonly string[];
  readonly names?: readonly string[];
}

const LOOPBACK: Subjects = { addresses: ['127.0.0.1', '::1'] };

/** Files are named after the authority and the certificate, below `directory`. */
export async function createAuthority(directory: string, name: string, subjects = LOOPBACK): Promise<Authority> {
  const caFile = join(directory, `${name}-ca.crt`);
  const caKeyFile = join(directory, `${name}-ca.key`);
  const extensionsFile = join(directory, `${name}-extensions`);
  await run('openssl', [
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    caKeyFile,
    '-out',
    caFile,
  ]);
  const { addresses, names = [] } = subjects;
  const alternatives = [...addresses.map((one) => `IP:${one}`), ...names.map((one) => `DNS:${one}`)].join(',');
  await writeFile(extensionsFile, `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  return {
    ca: await readFile(caFile, 'utf8'),
    caFile,
    async issue(subject, days = 1) {
      const base = join(directory, `${name}-${subject}`);
      const [certFile, keyFile, requestFile] = [`${base}.crt`, `${base}.key`, `${base}.csr`];
      await run('openssl', ['req', ...NEW_KEY, '-subj', `/CN=${subject}`, '-keyout', keyFile, '-out', requestFile]);
      const signing = [
        '-CA',
        caFile,
        '-CAkey',
        caKeyFile,
        '-CAcreateserial',
        '-days',
        String(days),
        '-extfile',
        extensionsFile,
      ];
      await run('openssl', ['x509', '-req', '-in', requestFile, ...signing, '-out', certFile]);
      return {
        cert: await readFile(certFile, 'utf8'),
        key: await readFile(keyFile, 'utf8'),
        certFile,
        keyFile,
      };
    },
  };
}
