/** A cluster's id: 16 bytes that every signature covers, written as a UUID. */

/** 16 bytes. */
export type ClusterId = Uint8Array;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Undefined for anything but a UUID. */
export const parseClusterId = (text: string): ClusterId | undefined =>
  UUID.test(text.trim()) ? new Uint8Array(Buffer.from(text.trim().replaceAll('-', ''), 'hex')) : undefined;

/** In lower case. @throws {RangeError} when it has not 16 bytes */
export function formatClusterId(id: ClusterId): string {
  if (id.length !== 16) throw new RangeError(`A cluster id has 16 bytes, not ${id.length}.`);
  return Buffer.from(id)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
