/** What Meerkat takes from a Lease. Source: https://kubernetes.io/docs/concepts/architecture/leases/ */
import { fieldsOf, metadataOf, textOf } from './fields.ts';

export interface LeaseFacts {
  readonly name: string;
  /**
   * Changes with every renewal. It is all that tells whether the Lease is renewed: `renewTime` is written by the holder's
   * clock, which may be wrong.
   */
  readonly version: string;
  /** For how long the holder takes it; absent: it says nothing of it. */
  readonly durationMs?: number;
  readonly holder?: string;
}

/** Undefined for what is no Lease. */
export function readLease(object: unknown): LeaseFacts | undefined {
  const { name, version } = metadataOf(object);
  if (name === undefined || version === undefined) return undefined;
  const { leaseDurationSeconds: seconds, holderIdentity } = fieldsOf(fieldsOf(object)['spec']);
  const holder = textOf(holderIdentity);
  return {
    name,
    version,
    ...(typeof seconds === 'number' && seconds > 0 && { durationMs: seconds * 1000 }),
    ...(holder !== undefined && { holder }),
  };
}
