/** Whether etcd will accept the API server of this node, by the files that both are started with. */
import type { X509Certificate } from 'node:crypto';
import type { HostFiles } from '../../types.ts';
import { certificatesIn } from '../certificates/pem.ts';
import { flagOf } from '../flags.ts';
import { findStaticManifest } from '../presence.ts';
import { isLoopbackUrl } from './client-url.ts';

export interface UntrustedClient {
  readonly certFile: string;
  /** Who signed it, as the certificate has it: `CN=etcd-ca`. */
  readonly issuer: string;
  readonly trustedCaFile: string;
}

const MAX_BYTES = 65_536;

/**
 * Undefined where the certificate is trusted, and where that cannot be told: a file is not there or may not be read, the
 * API server uses another etcd. Never rejects.
 *
 * @param trustedCaFile --trusted-ca-file of etcd
 */
export async function findUntrustedClient(
  host: HostFiles,
  trustedCaFile: string,
): Promise<UntrustedClient | undefined> {
  try {
    const manifest = await findStaticManifest(host, ['kube-apiserver']);
    if (manifest === undefined) return undefined;
    const text = await host.readText(manifest, MAX_BYTES);
    const certFile = flagOf(text, 'etcd-certfile');
    const usesThis = (flagOf(text, 'etcd-servers') ?? '')
      .split(',')
      .some((url) => URL.canParse(url) && isLoopbackUrl(url));
    if (certFile === undefined || !usesThis) return undefined;
    const [trusted, shown] = await Promise.all([
      readCertificates(host, trustedCaFile),
      readCertificates(host, certFile),
    ]);
    const [leaf] = shown;
    // What stands behind the first are those in between, which may be what the authority has signed.
    const isTrusted = shown.some((one) => trusted.some((authority) => isSignedBy(one, authority)));
    if (leaf === undefined || trusted.length === 0 || isTrusted) return undefined;
    return { certFile, issuer: leaf.issuer.replaceAll('\n', ', '), trustedCaFile };
  } catch {
    return undefined;
  }
}

const readCertificates = async (host: HostFiles, path: string): Promise<readonly X509Certificate[]> =>
  certificatesIn(await host.readText(path, MAX_BYTES));

/** An authority that signed itself is trusted by being there. */
const isSignedBy = (one: X509Certificate, authority: X509Certificate): boolean =>
  one.fingerprint256 === authority.fingerprint256 || (one.checkIssued(authority) && one.verify(authority.publicKey));
