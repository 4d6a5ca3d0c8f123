/** What Meerkat takes from a Lease. Source: https://kubernetes.io/docs/concepts/architecture/leases/ */
import { metadataOf } from './fields.ts';

export interface LeaseFacts {
  readonly name: string;
  /**
   * Changes with every renewal. It is all that tells whether the Lease is renewed: `renewTime` is written by the holder's
   * clock, which may be wrong.
   */
  readonly version: string;
}

/** Undefined for what is no Lease. */
export function readLease(object: unknown): LeaseFacts | undefined {
  const { name, version } = metadataOf(object);
  return name === undefined || version === undefined ? undefined : { name, version };
}
