/** Whether etcd will accept the API server of this node, by the files that both are started with. */
import { X509Certificate } from 'node:crypto';
import type { HostFiles } from '../../types.ts';
import { flagOf } from '../flags.ts';
import { findStaticManifest } from '../presence.ts';

export interface UntrustedClient {
  readonly certFile: string;
  /** Who signed it, as the certificate has it: `CN=etcd-ca`. */
  readonly issuer: string;
  readonly trustedCaFile: string;
}

const MAX_BYTES = 65_536;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

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
    const usesThis = (flagOf(text, 'etcd-servers') ?? '').split(',').some(isLoopback);
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
  ((await host.readText(path, MAX_BYTES)).match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));

/** An authority that signed itself is trusted by being there. */
const isSignedBy = (one: X509Certificate, authority: X509Certificate): boolean =>
  one.fingerprint256 === authority.fingerprint256 || (one.checkIssued(authority) && one.verify(authority.publicKey));

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
