/** Until when a certificate is good. RFC 5280, section 4.1.2.5. */
import type { X509Certificate } from 'node:crypto';
import { certificatesIn } from './pem.ts';

export interface Validity {
  /** Unix ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the certificate: the same one may lie in several files and be shown by a server. */
  readonly fingerprint: string;
  /** The last name of its subject: `kube-apiserver`. */
  readonly name: string;
}

/**
 * Of a PEM text. A chain is as good as its first certificate, which is its owner's; of a bundle of authorities old ones
 * are left in on purpose, and the one that is good for longest counts. Undefined where there is none that can be read.
 */
export function validityOf(pem: string): Validity | undefined {
  const certificates = certificatesIn(pem);
  const [first] = certificates;
  if (first === undefined || !first.ca) return first && validity(first);
  return certificates
    .filter(({ ca }) => ca)
    .map(validity)
    .reduce((longest, one) => (one.notAfter > longest.notAfter ? one : longest));
}

const validity = (certificate: X509Certificate): Validity => ({
  notBefore: certificate.validFromDate.getTime(),
  notAfter: certificate.validToDate.getTime(),
  fingerprint: certificate.fingerprint256,
  name: /CN=([^\n]+)/.exec(certificate.subject)?.[1] ?? certificate.subject.split('\n')[0] ?? '',
});
