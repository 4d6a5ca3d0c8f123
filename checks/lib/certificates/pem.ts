/** Certificates in PEM. */
import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\w+/=\s]+-----END CERTIFICATE-----/g;
/** A file of authorities may have one for each that was replaced. */
const MAX_CERTIFICATES = 32;

/** All that can be read, in the order of the text. */
export const certificatesIn = (pem: string): readonly X509Certificate[] =>
  (pem.match(CERTIFICATE) ?? []).slice(0, MAX_CERTIFICATES).flatMap(parse);

function parse(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}
